"""The comparison of detectors on the same held-out simulated cells."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

import pandas as pd

from softbreak.errors import SoftbreakError
from softbreak.models.registry import detector_of
from softbreak.training.compare_tables import tables_of
from softbreak.training.judging import SETTINGS, Judged, joined, judge
from softbreak.training.recipes import PopulationRecipe, Stratum

JUDGING_SEED: Final = 20_260
"""Of the cells that detectors are compared on where nobody asks for others."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What is compared on what.

    Attributes
    ----------
    detectors : tuple of str
    cells : int
        Of each law set.
    seed : int
    laws : tuple of str
    settings : tuple of str
        Names of :data:`softbreak.training.judging.SETTINGS`.
    cycles : int
        Of each cell.
    """

    detectors: tuple[str, ...]
    cells: int = 300
    seed: int = JUDGING_SEED
    laws: tuple[str, ...] = ("b", "a")
    settings: tuple[str, ...] = tuple(SETTINGS)
    cycles: int = 60

    def able(self, setting: str) -> tuple[str, ...]:
        """Return the detectors that have anything to judge by in a setting."""
        if SETTINGS[setting].voltammetry or SETTINGS[setting].impedance:
            return self.detectors
        return tuple(name for name in self.detectors if detector_of(name).unit == "cycle")

    def recipes(self) -> Iterator[tuple[str, PopulationRecipe]]:
        """Yield each setting with its population."""
        for laws in self.laws:
            for setting in self.settings:
                if not self.able(setting):
                    continue
                strata = (Stratum(self.cycles),)
                yield (
                    setting,
                    PopulationRecipe(self.cells, self.seed, laws, "judge", strata=strata),
                )


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """Everything that came of a comparison.

    Attributes
    ----------
    comparison : Comparison
    tables : dict of str to DataFrame
        ``prevalence, scores, intervals, differences, families, chemistries, false_alarms,
        confusion, reliability, risk_coverage, onset_delay, own_units, costs``.
    judged : Judged
        The verdicts themselves.
    """

    comparison: Comparison
    tables: dict[str, pd.DataFrame]
    judged: Judged = field(repr=False)


def compare(
    comparison: Comparison,
    *,
    workers: int = 1,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Compared:
    """Let detectors judge the same held-out simulated cells, and score them.

    Parameters
    ----------
    comparison : Comparison
    workers : int
        Processes. Changes speed (and the costs that are measured), never a verdict.
    progress : callable
        Told (blocks done, blocks in all).
    """
    parts = []
    runs = list(comparison.recipes())
    if not runs:
        raise SoftbreakError(
            "none of these detectors judges by voltage alone; leave them voltammetry and impedance"
        )
    total = sum(recipe.blocks for _, recipe in runs)
    before = 0
    for setting, recipe in runs:

        def moved(done: int, _of: int, offset: int = before) -> None:
            progress(offset + done, total)

        parts.append(
            judge(
                recipe, comparison.able(setting), setting=setting, workers=workers, progress=moved
            )
        )
        before += recipe.blocks
    judged = joined(parts)
    return Compared(comparison, tables_of(judged), judged)
