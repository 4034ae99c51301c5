"""What a population is: how many cells, of what laws, how varied, and with what evidence left."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final

from softbreak.simulate.population import Recipe
from softbreak.training.evidence_drop import ALL, HALF, Kept
from softbreak.training.splits import LeakError

FORMAT: Final = 1
"""Raised when the layout of a population's folder changes."""
JUDGING_SEEDS: Final = 1000
"""Seeds from here on make cells that only judge, whatever their laws: so no detector is ever
judged on a cell that it learnt from."""


@dataclass(frozen=True, slots=True)
class Stratum:
    """A part of a population: how long its cells live, and how they are watched.

    Attributes
    ----------
    cycles : int
    every : int
        Cycles between voltammetry and impedance; 0 for neither.
    interval : float
        Seconds between rows; 0 for what the law set's cyclers do.
    confounding : float
        Factor on the prevalence of confounders.
    """

    cycles: int = 60
    every: int = 5
    interval: float = 0.0
    confounding: float = 1.0


PLAIN: Final = (Stratum(),)
"""Cells as the simulator draws them: for judging."""
VARIED: Final = (
    Stratum(60, 5, 0.0, 1.0),
    Stratum(40, 3, 0.0, 2.0),
    Stratum(60, 5, 0.0, 2.0),
    Stratum(80, 12, 0.0, 1.5),
    Stratum(30, 4, 20.0, 2.0),
    Stratum(100, 20, 0.0, 1.5),
)
"""For training: long and short lives, frequent and rare evidence, confounders twice as often."""


@dataclass(frozen=True, slots=True)
class PopulationRecipe:
    """What a population is: two equal recipes make the same rows.

    Attributes
    ----------
    cells : int
    seed : int
    laws : {"a", "b"}
        Set "b" only judges.
    purpose : {"train", "judge"}
    faulty : float
        Share of cells that break down.
    kept : Kept
        How likely each kind of evidence is left to a cell.
    strata : tuple of Stratum
        Blocks take them in turn.
    thinned : float
        Share of cells whose cycler writes sparse or irregular rows.
    waveforms : bool
        Also write the shapes of the half-cycles.
    block : int
        Cells that are made at once. It decides which stratum a cell belongs to.
    unusual : float
        Factor on the shares of what is unusual: see :class:`softbreak.simulate.population.Recipe`.
    """

    cells: int
    seed: int = 0
    laws: str = "a"
    purpose: str = "train"
    faulty: float = 0.5
    kept: Kept = ALL
    strata: tuple[Stratum, ...] = PLAIN
    thinned: float = 0.0
    waveforms: bool = False
    block: int = 32
    unusual: float = 0.0

    def __post_init__(self) -> None:
        """Refuse what would break the wall between training and judging."""
        self.block_recipe(0)
        if (self.purpose == "judge") != (self.seed >= JUDGING_SEEDS):
            raise LeakError(
                f"seed {self.seed} is no seed to {self.purpose} with: seeds below {JUDGING_SEEDS} "
                "make cells to learn from, the others cells to judge on, and none makes both"
            )

    @property
    def blocks(self) -> int:
        """Number of blocks."""
        return -(-self.cells // self.block)

    def block_recipe(self, number: int) -> Recipe:
        """Return what the simulator makes of a block."""
        stratum = self.strata[number % len(self.strata)]
        first = number * self.block
        return Recipe(
            min(self.block, self.cells - first),
            self.seed,
            self.laws,
            self.purpose,
            cycles=stratum.cycles,
            faulty=self.faulty,
            every=stratum.every,
            interval=stratum.interval,
            first=first,
            block=self.block,
            confounding=stratum.confounding,
            unusual=self.unusual,
        )

    def as_json(self) -> dict[str, Any]:
        """Return the recipe for a run's record."""
        return {"format": FORMAT, **asdict(self)}


def training_recipe(
    cells: int, seed: int, *, waveforms: bool = False, unusual: float = 0.0
) -> PopulationRecipe:
    """Return a varied population of law set "a" with evidence dropped at random.

    Parameters
    ----------
    cells : int
    seed : int
    waveforms : bool
    unusual : float
        Factor on the shares of what is unusual. The shipped models learnt from nothing of it.
    """
    return PopulationRecipe(
        cells,
        seed,
        kept=HALF,
        strata=VARIED,
        thinned=0.35,
        waveforms=waveforms,
        unusual=unusual,
    )


def recipe_from_json(told: dict[str, Any]) -> PopulationRecipe:
    """Return the recipe that :meth:`PopulationRecipe.as_json` told.

    Parameters
    ----------
    told : dict
        Without its ``format``.
    """
    own = dict(told)
    own["kept"] = Kept(**own["kept"])
    own["strata"] = tuple(Stratum(**stratum) for stratum in own["strata"])
    return PopulationRecipe(**own)
