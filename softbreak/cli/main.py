"""The entry point: a table of commands, each imported only when it is called."""

from __future__ import annotations

import atexit
import errno
import gc
import logging
import os
import sys
from difflib import get_close_matches
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from typer.core import TyperGroup

import softbreak
from softbreak.cli.far_reading import reading_far
from softbreak.errors import SoftbreakError
from softbreak.plain_text import visible

if TYPE_CHECKING:
    from typer.core import TyperCommand


COMMANDS: Final[dict[str, str]] = {
    "triage": "Label every cycle of every cell in an archive; write a ranked report.",
    "diagnose": "Look at one cell: states over time, evidence, pictures.",
    "watch": "Follow cells while they run; raise an alarm when one shorts.",
    "serve": "The page of results or of a running watch: look, review, label.",
    "check": "Say what is odd about a file, before any verdict.",
    "features": "Measure every half-cycle: the table, what stands out, a feature's figure.",
    "eis": "Impedance: Kramers-Kronig, intercepts, bounds on R_e, the fraction from a pair.",
    "plan": "The measurement that would settle a cell with the least harm.",
    "report": "Make pages of cells in the report of a triage, when they are wanted.",
    "query": "Ask the results of triages in SQL.",
    "convert": "Turn any supported file into the Battery Data Format.",
    "cv": "Read voltammograms: ω of every cycle, the paper's rule and the hardened one.",
    "leakage": "Read leakage currents: DC resistance with bounds, before against after.",
    "arrhenius": "Read a temperature series: activation energy, electronic fraction.",
    "rate": "Read a rate test: overpotential against current, critical current density.",
    "coulombic": "Count metal and charge in full cells and cells with a thin foil.",
    "energy": "Attainable energy density of a pouch cell (Figure 4 of the paper).",
    "protocol": "Hold a test against the paper's standard protocol (Table 1).",
    "simulate": "Make cells with known truth: files as labs have them, truth beside them.",
    "replay": "Play finished or simulated records again, to try a watch on them.",
    "demo": "Simulate a small archive, triage it, and compare with the truth.",
    "train": "Learn from simulated cells, validate on unseen failures, track and register.",
    "models": "List what can judge and learn: shipped detectors, registered models, cards.",
    "compare": "Detectors against the CV rule on the same held-out simulated cells.",
    "bench": "The benchmark that others can enter: cells, entrants, scores, a page.",
    "cite": "Print what to cite for a run.",
    "doctor": "Say what is installed, cached and reachable, and what brings the rest.",
}
"""The verbs, in the order in which people need them; each is a module of that name in here."""

_OWN_WORKERS: Final = ("triage", "serve")
"""Verbs that give all their work to processes with limits."""


class LazyGroup(TyperGroup):
    """A group that imports a command when it is called, and none for its own help."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the verbs in their order."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> TyperCommand | None:
        """Import a verb's module and return its command."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"softbreak.cli.{cmd_name}")
        command: Any = typer.main.get_command(module.app)
        command.name = cmd_name
        return command

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the table of verbs without importing them."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Say "did you mean" where a verb is misspelt."""
        close = get_close_matches(args[0], COMMANDS, n=1)
        if args[0] not in COMMANDS and close:
            ctx.fail(f"No such command {args[0]!r}. Did you mean {close[0]!r}?")
        return super().resolve_command(ctx, args)


app = typer.Typer(
    cls=LazyGroup,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"softbreak {softbreak.__version__}")
        raise typer.Exit


@app.callback(
    epilog="Example: softbreak triage my_cells/ --out results/    "
    "(softbreak COMMAND --help has more)"
)
def softbreak_command(
    context: typer.Context,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    """Find soft and hard breakdown (internal shorts) in Li | solid electrolyte | Li cells."""
    del version
    if context.invoked_subcommand not in _OWN_WORKERS:
        context.with_resource(reading_far())


def run() -> None:
    """Run the command line; end with 0 done, 1 done with something found, 2 could not run."""
    _speak_utf8()
    _collect_seldom()
    try:
        app(prog_name="softbreak")
    except (SoftbreakError, OSError) as error:
        if logging.getLogger("softbreak").isEnabledFor(logging.DEBUG):
            raise
        told = _of_the_system(error) if isinstance(error, OSError) else str(error)
        typer.echo(visible(f"softbreak: {told}"), err=True)
        sys.exit(2)
    except ModuleNotFoundError as error:
        from softbreak.installed import extra_of, missing_module

        if extra_of(error.name or "") is None:
            raise
        typer.echo(f"softbreak: {missing_module(error, _verb())}", err=True)
        sys.exit(2)


def _of_the_system(error: OSError) -> str:
    """Return in words what the system refused, and what helps where a folder cannot be written."""
    if error.filename is None or error.strerror is None:
        return str(error)
    closed = error.errno in (errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOSPC)
    remedy = ". Name a folder that you may write to, and that has room" if closed else ""
    return f"{os.fspath(error.filename)}: {error.strerror}{remedy}"


def _verb() -> str:
    """Return which of the verbs was asked for."""
    return next((word for word in sys.argv[1:] if word in COMMANDS), "this")


def _collect_seldom() -> None:
    """Spare a short process the search for garbage: in what it imports there is none.

    Of one file's diagnosis that search took a third: while modules load, and once more at the end.
    """
    gc.set_threshold(50_000, 20, 20)
    atexit.register(_end_without_search)


def _end_without_search() -> None:
    """Spare the last search, but not DuckDB's: what it leaves is told as leaked, on stderr."""
    if "duckdb" not in sys.modules:
        gc.freeze()


def _speak_utf8() -> None:
    """Windows' consoles are told an old code page, which has no Ω."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    # JSON and CSV are for programs, which expect UTF-8 whatever the console speaks
    if _for_programs(sys.argv[1:]) and hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(encoding="utf-8", errors="replace")


def _for_programs(arguments: list[str]) -> bool:
    """Whether stdout will hold JSON or CSV; a replay's holds JSON lines or nothing."""
    return bool({"--json", "--csv"} & set(arguments)) or arguments[:1] == ["replay"]
