"""Draw the pictures of ``docs/gallery.md``: simulated cells, each with what it is known to have.

Run ``python docs_site/gallery.py``; the same seeds give the same pictures.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from softbreak.data.history import assemble
from softbreak.models.diagnosis.diagnose import examine
from softbreak.models.diagnosis.result import Diagnosis
from softbreak.report import figures
from softbreak.report.drawing import Figure
from softbreak.report.render_static import save
from softbreak.simulate.population import Recipe, make_block
from softbreak.simulate.presets import find
from softbreak.simulate.records import block_records

PLACE = Path(__file__).parents[1] / "docs" / "gallery"
CYCLES, EVERY = 40, 8
SPECTRA = 5
SEED = 7
VIEWS = ("time", "cv", "nyquist")


@dataclass(frozen=True)
class Shown:
    """One cell of the gallery.

    Attributes
    ----------
    name : str
        Of its files.
    chemistry, family : str
        As the simulator calls them.
    confounders : tuple of str
        What it has besides, and nothing else.
    """

    name: str
    chemistry: str
    family: str
    confounders: tuple[str, ...] = ()


CELLS = (
    Shown("healthy", "sulfide", "healthy"),
    Shown("filament", "sulfide", "filament"),
    Shown("telegraph", "sulfide", "telegraph"),
    Shown("mixed", "lgps", "mixed"),
    Shown("hidden", "sulfide", "hidden"),
    Shown("tunnel", "sulfide", "tunnel"),
    Shown("recovery", "sodium", "recovery"),
    Shown("hard", "garnet", "hard"),
    Shown("prelude", "halide", "prelude"),
    Shown("growth", "halide", "healthy", ("growth",)),
    Shown("warmer", "garnet", "healthy", ("temperature_step",)),
    Shown("contact", "sulfide", "healthy", ("contact_improvement",)),
    Shown("voids", "sulfide", "healthy", ("voids",)),
)


def simulated(shown: Shown) -> Diagnosis:
    """Simulate one cell and judge it, as `softbreak diagnose` would."""
    recipe = Recipe(
        1,
        SEED,
        cycles=CYCLES,
        every=EVERY,
        interval=60.0,
        chemistries=(shown.chemistry,),
        first=10**6 * (1 + CELLS.index(shown)),
    )
    logged = "temperature_step" in shown.confounders
    identity = find(recipe, shown.family, shown.confounders, logged)
    block = make_block(recipe, np.array([identity]))
    records = [
        record.with_cell(replace(record.cell, cell_id=shown.name))
        for record in block_records(block, 0)
    ]
    return examine(assemble(records[0].cell, records))


def views(diagnosis: Diagnosis) -> dict[str, Figure]:
    """Return the three pictures of a cell by the ends of their file names."""
    return {
        "time": figures.timeline(diagnosis),
        "cv": figures.voltammograms(diagnosis),
        "nyquist": figures.nyquist(diagnosis)[0],
    }


def main(wanted: list[str]) -> None:
    """Draw all of them, or those named."""
    PLACE.mkdir(exist_ok=True)
    for shown in CELLS:
        if wanted and shown.name not in wanted:
            continue
        diagnosis = simulated(shown)
        for view, figure in views(diagnosis).items():
            save(figure, PLACE / f"{shown.name}-{view}.png")
        told = diagnosis.verdicts["state"].value_counts().to_dict()
        print(f"{shown.name}: {told}: {diagnosis.summary}", flush=True)  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1:])
