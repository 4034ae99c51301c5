"""Generic features of the shape of half-cycles: tsfresh's, selected, and MiniRocket's.

Nobody designed them for breakdown. They stand beside the catalogue in comparisons: if the best of
some thousand anonymous numbers beats what physics suggests, physics was read badly. Only learning,
``reference=True`` and selected features without a twin load tsfresh.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from time import perf_counter
from typing import Any, Final, Protocol

import numpy as np
import pandas as pd

from softbreak.data.history import CellHistory
from softbreak.errors import SoftbreakError
from softbreak.features.generic.curves import Curves, curves_of
from softbreak.features.generic.minirocket import MiniRocketFeatures
from softbreak.features.generic.tsfresh_door import considered, extracted, relevant, settings_of
from softbreak.features.generic.tsfresh_equivalents.table import KIND, compute, has_twin, parsed

TIMED: Final = 64
"""Half-cycles on which costs are measured."""
_MOST_FEATURES: Final = 1000


class GenericFeatures(Protocol):
    """What both kinds of generic features offer."""

    method: Any

    @property
    def names(self) -> tuple[str, ...]:
        """Columns of :meth:`transform`."""

    def fit(self, curves: Curves, states: np.ndarray, cells: np.ndarray) -> GenericFeatures:
        """Learn from half-cycles, their states and the cells that they belong to."""

    def transform(self, curves: Curves) -> pd.DataFrame:
        """Measure: one row a half-cycle, NaN where it has too few samples."""

    def to_dict(self) -> dict[str, Any]:
        """Everything needed to rebuild it, as JSON takes it."""


@dataclass(frozen=True, slots=True)
class Selected:
    """A feature that selection kept.

    Attributes
    ----------
    name : str
        As tsfresh names its columns.
    p_value : float
        Of its relevance, one row a cell and state.
    tsfresh_ms, twin_ms : float
        Cost per half-cycle when it was selected: a calculator's, shared by its features. NaN where
        there is no twin, or where costs were not measured.
    """

    name: str
    p_value: float
    tsfresh_ms: float = float("nan")
    twin_ms: float = float("nan")


class TsfreshFeatures:
    """tsfresh's features: those that tell soft from healthy half-cycles, and nothing else.

    Parameters
    ----------
    fdr_level : float
        Share of the kept features that may be irrelevant (Benjamini–Yekutieli).
    largest : int
        Keep at most so many, the most significant ones.
    calculators : sequence of str, optional
        Consider only these; by default all but
        :data:`softbreak.features.generic.tsfresh_door.LEFT_OUT`.

    Attributes
    ----------
    selected : tuple of Selected
        Most significant first.
    """

    method: Final = "tsfresh"

    def __init__(
        self,
        *,
        fdr_level: float = 0.01,
        largest: int = 100,
        calculators: Sequence[str] | None = None,
    ) -> None:
        if not 0.0 < fdr_level < 1.0 or not 1 <= largest <= _MOST_FEATURES:
            raise SoftbreakError("tsfresh: fdr_level is between 0 and 1, largest 1 to 1000")
        self.fdr_level, self.largest, self.calculators = fdr_level, largest, calculators
        self.selected: tuple[Selected, ...] = ()

    def __repr__(self) -> str:
        fast = sum(has_twin(parsed(one.name)) for one in self.selected)
        return f"TsfreshFeatures({len(self.selected)} selected, {fast} with a twin)"

    @property
    def names(self) -> tuple[str, ...]:
        """The selected columns, in tsfresh's names."""
        return tuple(one.name for one in self.selected)

    def fit(self, curves: Curves, states: np.ndarray, cells: np.ndarray) -> TsfreshFeatures:
        """Select the features that tell soft from healthy.

        Half-cycles of one cell resemble each other: counting each as a witness of its own would
        make everything significant. So a cell testifies once in each state, by the median of its
        half-cycles. Hard half-cycles are left out: anything tells them.

        Parameters
        ----------
        curves : Curves
            Of the cells to learn from, and of no other.
        states : numpy.ndarray of str, shape (m,)
            "healthy", "soft"; others are left out.
        cells : numpy.ndarray, shape (m,)
            What each half-cycle belongs to.

        Raises
        ------
        SoftbreakError
            If one of the two states is missing.
        """
        kept = curves.usable & np.isin(states, ("healthy", "soft"))
        if len(np.unique(states[kept])) != 2:
            raise SoftbreakError("tsfresh: healthy and soft half-cycles of some length are needed")
        learning = curves.taken(kept)
        table = extracted(learning, {KIND: considered(self.calculators)})
        witnesses = table.groupby([cells[kept], states[kept]], sort=True).median()
        soft = witnesses.index.get_level_values(1) == "soft"
        found = relevant(witnesses.reset_index(drop=True), soft, self.fdr_level)
        chosen = sorted(found.items(), key=lambda item: (item[1], item[0]))[: self.largest]
        selected = [Selected(name, p_value) for name, p_value in chosen]
        timed = learning.taken(_spread(len(learning), TIMED))
        self.selected = tuple(_with_costs(selected, timed))
        return self

    def transform(self, curves: Curves, *, reference: bool = False) -> pd.DataFrame:
        """Measure the selected features of half-cycles.

        Parameters
        ----------
        curves : Curves
        reference : bool
            Use tsfresh alone, and no twin.

        Returns
        -------
        pandas.DataFrame
            One row a half-cycle, in the order of ``names``; NaN where there are too few samples
            or the feature is not defined.
        """
        names = list(self.names)
        calculations = [parsed(name) for name in names]
        quick = np.array([not reference and has_twin(one) for one in calculations], dtype=bool)
        usable = curves.usable
        some = curves if usable.all() else curves.taken(usable)
        found = np.empty((len(some), len(names)))
        if quick.any():
            twins = [one for one, own in zip(calculations, quick, strict=True) if own]
            found[:, quick] = compute(twins, some.values, some.offsets)
        if len(some) and not quick.all():
            others = [name for name, own in zip(names, quick, strict=True) if not own]
            found[:, ~quick] = extracted(some, settings_of(others))[others]
        found[~np.isfinite(found)] = np.nan
        out = np.full((len(curves), len(names)), np.nan)
        out[usable] = found
        return pd.DataFrame(out, columns=names)

    def to_dict(self, *, costs: bool = True) -> dict[str, Any]:
        """Everything needed to rebuild it, as JSON takes it.

        Parameters
        ----------
        costs : bool
            Also what was measured with a clock, which differs from run to run.
        """
        rows = [asdict(one) for one in self.selected]
        for row in rows:
            for key in ("tsfresh_ms", "twin_ms"):
                value = row.pop(key)
                if costs and np.isfinite(value):
                    row[key] = value
        return {
            "method": self.method,
            "fdr_level": self.fdr_level,
            "largest": self.largest,
            "selected": rows,
        }

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> TsfreshFeatures:
        """Rebuild what :meth:`to_dict` wrote.

        Raises
        ------
        SoftbreakError
            If the document does not fit together: it may come from anywhere.
        """
        try:
            made = cls(fdr_level=float(document["fdr_level"]), largest=int(document["largest"]))
            rows = [
                Selected(
                    str(row["name"]),
                    float(row["p_value"]),
                    float(row.get("tsfresh_ms", np.nan)),
                    float(row.get("twin_ms", np.nan)),
                )
                for row in document["selected"]
            ]
        except (KeyError, TypeError, AttributeError, ValueError, OverflowError) as error:
            raise SoftbreakError("tsfresh: the document lacks what a fitted one holds") from error
        if len(rows) > made.largest or len({row.name for row in rows}) != len(rows):
            raise SoftbreakError("tsfresh: the document names too many features, or one twice")
        for row in rows:
            parsed(row.name)
        made.selected = tuple(rows)
        return made


def from_dict(document: Mapping[str, Any]) -> GenericFeatures:
    """Rebuild generic features of either kind from what ``to_dict`` wrote.

    Raises
    ------
    SoftbreakError
        If the document is none.
    """
    methods: dict[Any, Any] = {
        TsfreshFeatures.method: TsfreshFeatures,
        MiniRocketFeatures.method: MiniRocketFeatures,
    }
    method = document.get("method") if isinstance(document, Mapping) else None
    if not isinstance(method, str) or method not in methods:
        raise SoftbreakError(f"generic features are of {' or '.join(methods)}, not {method!r}")
    made: GenericFeatures = methods[method].from_dict(document)
    return made


def generic_table(history: CellHistory, features: GenericFeatures) -> pd.DataFrame:
    """Measure generic features of every cycle of a cell.

    Parameters
    ----------
    history : CellHistory
    features : GenericFeatures
        Fitted, or loaded.

    Returns
    -------
    pandas.DataFrame
        One row a cycle: ``cycle_index``, then the mean of each feature over the cycle's two
        half-cycles, so that it does not matter which way the current flowed first. Columns are
        named by :func:`column_name`.
    """
    return cycle_means(curves_of(history), features)


def cycle_means(curves: Curves, features: GenericFeatures) -> pd.DataFrame:
    """Do as :func:`generic_table` for the curves of one cell."""
    table = features.transform(curves)
    table.columns = pd.Index([column_name(name) for name in features.names])
    means = table.groupby(curves.cycle_index, sort=True).mean()
    return means.rename_axis("cycle_index").reset_index()


def column_name(name: str) -> str:
    """Name of a feature's mean over a cycle: ``mean_of_directions__…``.

    Without the quotes, brackets and commas of tsfresh, which LightGBM refuses.
    """
    bare = re.sub(r"[^A-Za-z0-9_.+-]+", "_", name.replace('"', "")).strip("_")
    return f"mean_of_directions__{bare}"


def _spread(count: int, wanted: int) -> np.ndarray:
    """Numbers of a few among many, evenly spread."""
    return np.unique(np.linspace(0, count - 1, min(wanted, count)).astype(np.int64))


def _with_costs(selected: list[Selected], curves: Curves) -> Iterator[Selected]:
    """Measure what each calculator costs with the parameters that were selected."""
    owners: dict[str, list[str]] = {}
    for one in selected:
        owners.setdefault(parsed(one.name).calculator, []).append(one.name)
    costs = {calculator: cost_of(names, curves) for calculator, names in owners.items()}
    for one in selected:
        calculator = parsed(one.name).calculator
        slow, quick = costs[calculator]
        share = 1.0 / len(owners[calculator])
        yield replace(one, tsfresh_ms=slow * share, twin_ms=quick * share)


def cost_of(names: Sequence[str], curves: Curves) -> tuple[float, float]:
    """Measure what features cost (ms a half-cycle): by tsfresh, and by their twins.

    Parameters
    ----------
    names : sequence of str
    curves : Curves
        Usable ones.

    Returns
    -------
    tsfresh_ms, twin_ms : float
        The second is NaN where one of the features has no twin.
    """
    settings = settings_of(names)
    begin = perf_counter()
    extracted(curves, settings)
    slow = 1e3 * (perf_counter() - begin) / len(curves)
    calculations = [parsed(name) for name in names]
    if not all(has_twin(one) for one in calculations):
        return slow, float("nan")
    compute(calculations, curves.values, curves.offsets)  # compiled now
    begin = perf_counter()
    compute(calculations, curves.values, curves.offsets)
    return slow, 1e3 * (perf_counter() - begin) / len(curves)
