"""What the ranked page shows of a cell beyond its row: its states over its life, and η_e."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from softbreak.models.diagnosis.result import Diagnosis
from softbreak.report.number_words import as_float
from softbreak.report.states import packed_strip
from softbreak.verdict import State

_FRACTIONS = [f"electronic_fraction{end}" for end in ("", "_lower", "_upper")]
_COLUMNS = ["cell_id", "state", *_FRACTIONS]


class Life(NamedTuple):
    """A cell's life in a line.

    Attributes
    ----------
    strip : str
        See :func:`softbreak.report.states.packed_strip`.
    electronic_fraction : float
        Median over the cycles of the cell's state; NaN where none is known, and where the cell is
        left open.
    lower, upper : float
        Medians of the ends of its interval over the same cycles; NaN where it has none.
    """

    strip: str
    electronic_fraction: float
    lower: float = math.nan
    upper: float = math.nan


def life_of(diagnosis: Diagnosis) -> Life:
    """Return the life of a cell from its diagnosis."""
    verdicts = diagnosis.verdicts
    states = verdicts["state"].to_numpy(dtype=object)
    fractions = verdicts[_FRACTIONS].apply(pd.to_numeric).to_numpy(dtype=np.float64)
    return _life(states, fractions, str(diagnosis.summary.get("state")))


def lives_in(path: Path, cells: pd.DataFrame) -> dict[str, Life]:
    """Return the lives of all cells from ``verdicts.parquet``, a row group in memory at a time.

    Parameters
    ----------
    path : Path
        The rows of a cell stand together.
    cells : pandas.DataFrame
        ``cells.parquet``.
    """
    state_of = dict(zip(cells["cell_id"].map(str), cells["state"].map(str), strict=True))
    return {
        name: _life(states, fractions, state_of.get(name, ""))
        for name, states, fractions in _by_cell(path)
    }


def _life(states: np.ndarray, fractions: np.ndarray, state: str) -> Life:
    if state == State.UNDETERMINED:  # a number is withheld
        return Life(packed_strip(states), math.nan)
    known = fractions[(states == state) & np.isfinite(fractions[:, 0])]
    if not len(known):
        return Life(packed_strip(states), math.nan)
    return Life(packed_strip(states), *(as_float(x) for x in np.median(known, axis=0)))


def _by_cell(path: Path) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    import pyarrow.parquet as pq

    name = ""
    states: list[np.ndarray] = []
    fractions: list[np.ndarray] = []
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(columns=_COLUMNS):
            ids, state = (
                batch[column].to_numpy(zero_copy_only=False) for column in ("cell_id", "state")
            )
            fraction = np.column_stack(
                [batch[column].to_numpy(zero_copy_only=False) for column in _FRACTIONS]
            )
            edges = [0, *(1 + np.flatnonzero(ids[1:] != ids[:-1])), len(ids)]
            for begin, end in pairwise(edges):
                if ids[begin] != name and states:
                    yield name, np.concatenate(states), np.concatenate(fractions)
                    states, fractions = [], []
                name = ids[begin]
                states.append(state[begin:end])
                fractions.append(fraction[begin:end])
    if states:
        yield name, np.concatenate(states), np.concatenate(fractions)
