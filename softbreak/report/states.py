"""How the four states look, and how many verdicts become few runs of equal states."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Final

import numpy as np
import pandas as pd

from softbreak.report.number_words import as_float
from softbreak.verdict import Evidence, State, cycle_number


@dataclass(frozen=True, slots=True)
class Look:
    """How a state is drawn: told apart by colour, by lightness, by hatching and by a letter.

    Attributes
    ----------
    fill, tint, ink : str
        Colour of a strip, of a background behind curves, and of text upon the fill.
    letter : str
        One ASCII character.
    hatch, pattern : str
        Hatching in matplotlib's and in plotly's spelling; empty for none.
    order : int
        The more remarkable state wins where many cycles share a pixel.
    """

    fill: str
    tint: str
    ink: str
    letter: str
    hatch: str
    pattern: str
    order: int


LOOKS: Final[dict[State, Look]] = {
    State.HEALTHY: Look("#b5d3e7", "#f1f7fb", "#1c2733", "h", "", "", 0),
    State.UNDETERMINED: Look("#ffffff", "#f4f4f4", "#1c2733", "u", "....", ".", 1),
    State.SOFT: Look("#e69f00", "#fdf0d2", "#1c2733", "s", "////", "/", 2),
    State.HARD: Look("#8f2412", "#f3dad3", "#ffffff", "X", "", "", 3),
}
"""Okabe and Ito's blue, orange and a darkened vermilion: safe for every common colour vision."""

_BY_LETTER: Final = {look.letter: state for state, look in LOOKS.items()}


@dataclass(frozen=True, slots=True)
class Run:
    """Neighbouring cycles of one state.

    Attributes
    ----------
    state : State
    first_row, last_row : int
        Rows of the verdict table (inclusive).
    first_cycle, last_cycle : int
        As tables count them, from 0.
    start_second, end_second : float
        Cell-life time (s).
    """

    state: State
    first_row: int
    last_row: int
    first_cycle: int
    last_cycle: int
    start_second: float
    end_second: float

    @property
    def cycles(self) -> str:
        """The cycles in words, counted from 1."""
        first, last = self.numbers
        return f"cycle {first}" if first == last else f"cycles {first} to {last}"

    @property
    def numbers(self) -> tuple[int, int]:
        """The first and the last cycle as people count them."""
        return cycle_number(self.first_cycle), cycle_number(self.last_cycle)


def runs_of(verdicts: pd.DataFrame) -> list[Run]:
    """Return the runs of equal states of a verdict table, in its order."""
    if verdicts.empty:
        return []
    states = [State(str(state)) for state in verdicts["state"]]
    cycles = verdicts["cycle_index"].to_numpy()
    start = verdicts["start_time_second"].to_numpy(dtype=float)
    end = verdicts["end_time_second"].to_numpy(dtype=float)
    runs, row = [], 0
    for state, group in groupby(states):
        last = row + sum(1 for _ in group) - 1
        span = (float(start[row]), float(end[last]))
        runs.append(Run(state, row, last, int(cycles[row]), int(cycles[last]), *span))
        row = last + 1
    return runs


def most_remarkable(states: Iterable[State]) -> State:
    """Return the state that must not be hidden where several share a place."""
    return max(states, key=lambda state: LOOKS[state].order)


def letters(states: Sequence[State], places: int) -> str:
    """Return one letter a place; where cycles must share one, the most remarkable wins."""
    if len(states) <= places:
        return "".join(LOOKS[state].letter for state in states)
    edges = np.linspace(0, len(states), places + 1).astype(int)
    return "".join(LOOKS[most_remarkable(states[low:high])].letter for low, high in pairwise(edges))


def telling_row(run: Run) -> int:
    """Return the row whose evidence speaks for a run: a short is told where it began, the rest
    where it stands at last.
    """
    return run.first_row if run.state in (State.SOFT, State.HARD) else run.last_row


def telling_runs(runs: Sequence[Run], most: int) -> list[Run]:
    """Return at most so many runs in their order, for a cell that changes its state too often.

    The first and the last run of each state stay, then the longest: a hard breakdown at the end
    of a flickering life is never the one left out.
    """
    ends = {place for state in State for place in _ends(runs, state)}
    ranked = sorted(
        range(len(runs)),
        key=lambda place: (place not in ends, runs[place].first_row - runs[place].last_row),
    )
    return [runs[place] for place in sorted(ranked[:most])]


def _ends(runs: Sequence[Run], state: State) -> list[int]:
    places = [place for place, run in enumerate(runs) if run.state is state]
    return [places[0], places[-1]] if places else []


_LETTERS: Final = {str(state): look.letter for state, look in LOOKS.items()}


def packed_strip(states: Iterable[str], places: int = 96) -> str:
    """Return the states over a cell's life as run lengths (``h12s3X40``) of at most 96 runs."""
    line = "".join([_LETTERS[str(state)] for state in states])
    if sum(1 for _ in groupby(line)) > places:
        line = letters([_BY_LETTER[letter] for letter in line], places)
    return "".join(f"{letter}{sum(1 for _ in group)}" for letter, group in groupby(line))


def coarse_runs(runs: Sequence[Run], limit: int = 240) -> list[Run]:
    """Return at most so many runs: a flickering cell's states gathered into equal times."""
    if len(runs) <= limit:
        return list(runs)
    start, end = runs[0].start_second, runs[-1].end_second
    width = (end - start) / limit or 1.0
    bins = [min(int((run.start_second - start) / width), limit - 1) for run in runs]
    gathered = []
    for _, group in groupby(zip(bins, runs, strict=True), key=lambda pair: pair[0]):
        members = [run for _, run in group]
        first, last = members[0], members[-1]
        gathered.append(
            Run(
                most_remarkable(run.state for run in members),
                first.first_row,
                last.last_row,
                first.first_cycle,
                last.last_cycle,
                first.start_second,
                last.end_second,
            )
        )
    return gathered


def evidence_of(value: object) -> list[Evidence]:
    """Read a verdict row's evidence, as objects or as the mappings that Parquet gives back."""
    if value is None or isinstance(value, (float, str)):
        return []
    items = value if isinstance(value, (list, tuple, np.ndarray)) else []
    return [item if isinstance(item, Evidence) else _from_mapping(item) for item in items]


def _from_mapping(item: Mapping[str, object]) -> Evidence:
    return Evidence(
        feature=str(item.get("feature", "")),
        value=as_float(item.get("value")),
        baseline=as_float(item.get("baseline")),
        sentence=str(item.get("sentence", "")),
    )
