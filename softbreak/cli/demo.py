"""``softbreak demo``: a triage of simulated cells, beside their truth."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from softbreak.cli.console import Quiet, Verbose, progress_bar, speak, stdout

if TYPE_CHECKING:
    import pandas as pd

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command(epilog="Example: softbreak demo --out demo-output")
def demo(
    out: Annotated[Path, typer.Option("--out", "-o", help="Where results go.")] = Path(
        "demo-output"
    ),
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> None:
    """Simulate a small archive, triage it, and say where the report is.

    OUT/cells/archive holds the two cells of Wang et al. (Joule 2022), healthy and broken ones, and
    some that only look broken, in files of several vendors. One file is damaged on purpose.
    """
    import pandas as pd

    from softbreak.archive.jobs.executor import Crew
    from softbreak.cli.triage import run_triage, write_pages
    from softbreak.cli.triage_view import show
    from softbreak.simulate.presets import write_preset

    speak(quiet, verbose)
    with progress_bar(quiet) as bar:
        task = bar.add_task("Simulating cells", total=None)
        made = write_preset(
            "demo",
            out / "cells",
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )
    result = run_triage(made.archive, out, "hybrid", None, Crew(), quiet)
    page = write_pages(result, quiet)
    if not quiet:
        stdout().print(_beside_truth(pd.read_parquet(out / "verdicts.parquet"), made.truth))
        show(result, page)


def _beside_truth(verdicts: pd.DataFrame, truth: Path) -> str:
    """How many cycles were answered, and how many of the answers are right."""
    import pandas as pd

    keys = ["cell_id", "cycle_index"]
    both = verdicts.merge(pd.read_parquet(truth), on=keys, suffixes=("", "_true"))
    answered = both[both["state"] != "undetermined"]
    right = int((answered["state"] == answered["state_true"]).sum())
    return (
        f"These cells are simulated, so their truth is known: of {len(both)} cycles "
        f"{len(answered)} were answered, {right} of them rightly."
    )
