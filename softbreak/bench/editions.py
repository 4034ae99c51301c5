"""Which cells a benchmark has: all follows from its version and the edition's name."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

from softbreak.simulate.population import Recipe

VERSION: Final = "softbreak-bench-1"
"""Raised whenever any cell, or what is told of it, changes."""
HIDDEN: Final = "hidden"
"""Name of the set whose truth is never written."""


@dataclass(frozen=True, slots=True)
class Level:
    """How difficult cells are made.

    Attributes
    ----------
    name : str
    confounding : float
        Factor on the prevalence of whatever moves voltage without electrons.
    thinned : float
        Share of cells whose cycler writes sparse or irregular rows.
    """

    name: str
    confounding: float
    thinned: float


LEVELS: Final = (Level("easy", 0.3, 0.0), Level("usual", 1.0, 0.2), Level("hard", 2.5, 0.5))


@dataclass(frozen=True, slots=True)
class LawPart:
    """One set of cells.

    Attributes
    ----------
    name : str
        Its folder.
    laws : str
        By which the cells age, break and are disturbed.
    purpose : {"train", "judge"}
    """

    name: str
    laws: str
    purpose: str

    @property
    def published(self) -> bool:
        """Whether the truth is given with the cells."""
        return self.name != HIDDEN


PARTS: Final = (
    LawPart("published-a", "a", "train"),
    LawPart("published-c", "c", "train"),
    LawPart(HIDDEN, "b", "judge"),
)


@dataclass(frozen=True, slots=True)
class Edition:
    """A size of the benchmark.

    Attributes
    ----------
    name : str
    counts : tuple of int
        Cells of each of ``PARTS``.
    cycles : int
        Of each cell.
    every : int
        Cycles between voltammetry and impedance.
    """

    name: str
    counts: tuple[int, ...]
    cycles: int
    every: int

    def count(self, part: LawPart) -> int:
        """Return the number of cells of a set."""
        return self.counts[PARTS.index(part)]

    def recipes(self, part: LawPart) -> list[tuple[Level, Recipe]]:
        """Return what a set's cells are, level by level."""
        count, seed = self.count(part), seed_of(part)
        sizes = [count // len(LEVELS) + (k < count % len(LEVELS)) for k in range(len(LEVELS))]
        return [
            (
                level,
                Recipe(
                    size,
                    seed,
                    laws=part.laws,
                    purpose=part.purpose,
                    cycles=self.cycles,
                    every=self.every,
                    first=10_000 * k,
                    confounding=level.confounding,
                    block=64,
                ),
            )
            for k, (level, size) in enumerate(zip(LEVELS, sizes, strict=True))
            if size
        ]


EDITIONS: Final = {
    edition.name: edition
    for edition in (
        Edition("full", (333, 333, 334), 60, 10),
        Edition("laptop", (20, 20, 20), 30, 10),
        Edition("tiny", (3, 3, 3), 12, 6),
    )
}
"""By name; "tiny" is for tests of an entry, its scores mean nothing."""


def seed_of(part: LawPart) -> int:
    """Return the seed of a set's cells: a hash of the version and the set's name.

    No seed below 1000 comes out of it, on which shipped models were trained.
    """
    digest = hashlib.sha256(f"{VERSION}/{part.name}".encode()).digest()
    return 1000 + int.from_bytes(digest[:4], "big")
