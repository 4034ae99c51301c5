"""What holds for every learned detector: one small function a promise.

Each raises :class:`BrokenContractError` with what it saw. ``CHECKS`` is run on every learner by the
tests; a new one is found there without a line of test code.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from softbreak.errors import SoftbreakError
from softbreak.features.evidence.cell_evidence import CellEvidence
from softbreak.models.detector import STATES, LearnedDetector, NotFittedError
from softbreak.models.learned.model_inputs import detector_table
from softbreak.models.rules.impedance import ImpedanceReading


class BrokenContractError(SoftbreakError, AssertionError):
    """A detector does not keep a promise."""


@dataclass(frozen=True, slots=True, eq=False)
class Example:
    """Something to learn from, and how to make a detector.

    Attributes
    ----------
    make : callable
        A fresh detector.
    table : pandas.DataFrame
    states : list of str
    groups : list of str
    fractions : numpy.ndarray
    """

    make: Callable[[], LearnedDetector]
    table: pd.DataFrame
    states: list[str]
    groups: list[str]
    fractions: np.ndarray

    def fitted(self) -> LearnedDetector:
        """Return a detector that has learnt."""
        return self.make().fit(self.table, self.states, self.groups, fractions=self.fractions)


def _demand(kept: bool, told: str) -> None:
    if not kept:
        raise BrokenContractError(told)


def check_parameters(example: Example) -> None:
    """Parameters come back as they were given, and make an equal detector."""
    made = example.make()
    params = made.get_params()
    again = type(made)(**params)
    _demand(again.get_params() == params, f"{made!r} is not rebuilt by its parameters")
    try:
        made.set_params(no_such_parameter=1)
    except ValueError:
        return
    raise BrokenContractError(f"{made!r} takes a parameter that it does not have")


def check_needs_fitting(example: Example) -> None:
    """Nothing is said before anything was learned."""
    try:
        example.make().predict_proba(example.table)
    except NotFittedError:
        return
    raise BrokenContractError("a detector that has not been fitted answers")


def check_probabilities(example: Example) -> None:
    """One row a cycle, one column a state, between 0 and 1, and rows sum to one."""
    chances = example.fitted().predict_proba(example.table)
    expected = (len(example.table), len(STATES))
    _demand(chances.shape == expected, f"shape {chances.shape}, expected {expected}")
    _demand(bool(np.isfinite(chances).all()), "a probability is not a number")
    _demand(bool(((chances >= 0) & (chances <= 1)).all()), "a probability is outside 0 to 1")
    worst = float(np.abs(chances.sum(axis=1) - 1.0).max())
    _demand(worst < 1e-12, f"probabilities sum to one but for {worst:.3g}")


def check_no_rows(example: Example) -> None:
    """A cell without cycles gets no row, and no error."""
    chances = example.fitted().predict_proba(example.table.iloc[:0])
    _demand(chances.shape == (0, len(STATES)), f"no cycles give shape {chances.shape}")


def check_causality(example: Example) -> None:
    """What comes later does not change what was said, to the bit."""
    made = example.fitted()
    whole = made.predict_proba(example.table)
    for stop in (1, len(whole) // 3, len(whole) - 1):
        part = made.predict_proba(example.table.iloc[:stop])
        _demand(bool((part == whole[:stop]).all()), f"the first {stop} rows change with the rest")


def check_permutation(example: Example) -> None:
    """The order of cells does not matter."""
    made = example.fitted()
    order = np.random.default_rng(1).permutation(len(example.table))
    shuffled = made.predict_proba(example.table.iloc[order])
    _demand(bool((shuffled == made.predict_proba(example.table)[order]).all()), "order matters")


def check_update(example: Example) -> None:
    """A row at a time gives the same bits as all at once."""
    made = example.fitted()
    whole = made.predict_proba(example.table)
    for k in range(0, len(whole), max(len(whole) // 7, 1)):
        row = {str(name): float(v) for name, v in example.table.iloc[k].items()}
        one = made.update(row)
        _demand(bool((one == whole[k]).all()), f"row {k} alone gives {one}, together {whole[k]}")


def check_missing(example: Example) -> None:
    """Any column may be absent from a cell."""
    made = example.fitted()
    for name in (*made.columns_[::7], None):
        table = example.table.copy()
        table[name if name else list(made.columns_)] = np.nan
        chances = made.predict_proba(table)
        _demand(bool(np.isfinite(chances).all()), f"without {name or 'anything'}: not a number")


def check_determinism(example: Example) -> None:
    """The same lesson teaches the same, to the bit; the table is left as it was."""
    before = example.table.copy()
    first, second = (example.fitted().predict_proba(example.table) for _ in range(2))
    _demand(bool((first == second).all()), "two fits differ")
    _demand(before.equals(example.table), "fitting changed the table")


def check_round_trip(example: Example) -> None:
    """What is saved and read again gives the same bits, and equal models equal files."""
    made = example.fitted()
    with tempfile.TemporaryDirectory(prefix="softbreak-check-") as place:
        one, two = Path(place) / "one", Path(place) / "two"
        made.save(one)
        again = example.make().restored(one)
        again.save(two)
        same = (again.predict_proba(example.table) == made.predict_proba(example.table)).all()
        _demand(bool(same), "a model that was saved says something else")
        for path in sorted(one.iterdir()):
            equal = path.read_bytes() == (two / path.name).read_bytes()
            _demand(equal, f"{path.name} changes when it is read and written again")


CHECKS: Final = (
    check_parameters,
    check_needs_fitting,
    check_probabilities,
    check_no_rows,
    check_causality,
    check_permutation,
    check_update,
    check_missing,
    check_determinism,
    check_round_trip,
)
"""Every promise of a learned detector."""


def check_table_causality(
    whole: tuple[CellEvidence, list[ImpedanceReading]],
    part: tuple[CellEvidence, list[ImpedanceReading]],
) -> None:
    """Features of the first cycles are the same where the later ones have not been measured yet.

    Parameters
    ----------
    whole, part : tuple
        Evidence and readings of a cell, and of the same cell some cycles earlier.
    """
    later, earlier = detector_table(*whole), detector_table(*part)
    last = len(earlier) - 1  # the cycle under way when the part ended may be incomplete
    left, right = later.iloc[:last], earlier.iloc[:last]
    for name in right.columns:
        same = left[name].to_numpy(), right[name].to_numpy()
        _demand(bool(np.array_equal(*same, equal_nan=True)), f"{name} knows of later cycles")
