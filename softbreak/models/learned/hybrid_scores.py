"""The learned half of the hybrid, compiled: from rows of features to all that is said of them.

In two steps with a hyperbolic tangent between them, which stays NumPy's: the models were
calibrated with it, and the mathematical library rounds it otherwise in the last bit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from softbreak.compiled import strict
from softbreak.features.kernels.selection import copied
from softbreak.models.learned.calibration import Isotonic
from softbreak.models.learned.forest import (
    LANES,
    Forest,
    Questions,
    ask,
    credit,
    forest_of,
    no_answers,
    scores,
)
from softbreak.models.learned.novelty import REACH, Familiarity
from softbreak.models.learned.tree_ensembles import Trees

HEADS: Final = ("fault", "hard", "lower", "middle", "upper")
_FAULT, _HARD, _LOWER, _MIDDLE, _UPPER = range(5)
_WHOLE, _FLOATS = 15, 11
"""Bounds of the parts of :class:`Packed`: one more than there are."""
TOLD: Final = 3
"""How many of the most telling features are named."""


class Maps(NamedTuple):
    """Learned maps of scores to probabilities: of fault and hard, without and with a spectrum.

    Attributes
    ----------
    knots : numpy.ndarray of int64, shape (4,)
    at, value : numpy.ndarray, shape (4, knots)
    """

    knots: np.ndarray
    at: np.ndarray
    value: np.ndarray


class Core(NamedTuple):
    """What is familiar; see :class:`softbreak.models.learned.novelty.Familiarity`."""

    places: np.ndarray
    centre: np.ndarray
    scale: np.ndarray
    inverse: np.ndarray
    limit: float


class Learned(NamedTuple):
    """All that was learned, as compiled code takes it.

    Attributes
    ----------
    forest : Forest
    maps : Maps
    margins : numpy.ndarray, shape (2, 2)
        By kind of evidence and by side of one half.
    core : Core
    pair : int
        Column that is finite where spectra can be compared; −1 where there is none.
    """

    forest: Forest
    maps: Maps
    margins: np.ndarray
    core: Core
    pair: int


SCORED: Final = np.dtype(
    [
        ("scores", "<f8", (3,)),
        ("chances", "<f8", (3,)),
        ("eta", "<f8", (3,)),
        ("novelty", "<f8"),
        ("kind", "<f8"),
        ("telling", "<f8", (TOLD,)),
        ("value", "<f8", (TOLD,)),
        ("share", "<f8", (TOLD,)),
    ]
)
"""What is said of a cycle: scores of the states before and after they are made to sum to one;
estimate, lower and upper end of η_e; novelty; 1 where a pair of spectra is there; the columns that
move the score most (−1 for none), their values, and by how much they move it (log-odds). All of
one kind, so that a record is a row of floats as well."""


class Packed(NamedTuple):
    """:class:`Learned` in two arrays: handing many to compiled code takes longer than the code.

    Attributes
    ----------
    floats, whole : numpy.ndarray of float64 and of int64
        ``whole`` begins with where its own parts and those of ``floats`` begin.
    """

    floats: np.ndarray
    whole: np.ndarray


def learned_of(
    heads: Mapping[str, Trees],
    maps: Mapping[str, Isotonic],
    margins: Mapping[str, float],
    familiar: tuple[Familiarity, Sequence[int]],
    columns: tuple[int, int],
) -> Packed:
    """Put together what was learned.

    Parameters
    ----------
    heads : mapping
        ``HEADS``.
    maps : mapping
        ``fault0, hard0, fault1, hard1``.
    margins : mapping
        ``00, 01, 10, 11``.
    familiar : tuple
        With the columns that it looks at.
    columns : tuple of int
        How many there are, and the one that tells of a pair of spectra (−1: none).
    """
    chosen = [maps[f"{name}{kind}"] for kind in (0, 1) for name in ("fault", "hard")]
    knots = max(len(one.at) for one in chosen)
    packed = Maps(np.array([len(one.at) for one in chosen]), *np.zeros((2, 4, knots)))
    for k, one in enumerate(chosen):
        packed.at[k, : len(one.at)], packed.value[k, : len(one.at)] = one.at, one.value
    known, places = familiar
    learned = Learned(
        forest_of([heads[name] for name in HEADS], columns[0]),
        packed,
        np.array([[margins[f"{kind}{side}"] for side in (0, 1)] for kind in (0, 1)]),
        Core(
            np.array(places, dtype=np.int64),
            np.ascontiguousarray(known.centre),
            np.ascontiguousarray(known.scale),
            np.ascontiguousarray(known.inverse),
            known.limit,
        ),
        columns[1],
    )
    return _packed(learned)


def _packed(learned: Learned) -> Packed:
    forest, core = learned.forest, learned.core
    asked, missing = forest.asked, forest.missing
    whole = [
        *(asked.first, asked.tree, asked.kept.view(np.int64)),
        *(missing.first, missing.tree, missing.kept.view(np.int64)),
        *(forest.heads, forest.leaves, forest.path, forest.feature, forest.places),
        *(learned.maps.knots, core.places, np.array([learned.pair])),
    ]
    floats = [
        *(asked.threshold, forest.value, forest.share, learned.maps.at, learned.maps.value),
        *(learned.margins, core.centre, core.scale, core.inverse, np.array([core.limit])),
    ]
    lengths = [[array.size for array in arrays] for arrays in (whole, floats)]
    bounds = [np.cumsum([0, *some]) for some in lengths]
    head = np.concatenate([bounds[0] + sum(map(len, bounds)), bounds[1]])
    return Packed(
        np.concatenate([array.ravel() for array in floats]),
        np.concatenate([head, *whole]).astype(np.int64),
    )


@strict
def _opened(floats: Any, whole: Any) -> Any:
    """Return what :func:`_packed` put away, as views.

    Not by a function of its own: one is compiled for each number that stands in a call of it.
    """
    w, f = whole[:_WHOLE], whole[_WHOLE : _WHOLE + _FLOATS]
    asked = Questions(
        whole[w[0] : w[1]],
        floats[f[0] : f[1]],
        whole[w[1] : w[2]],
        whole[w[2] : w[3]].view(np.uint64),
    )
    missing = Questions(
        whole[w[3] : w[4]],
        floats[f[0] : f[1]],
        whole[w[4] : w[5]],
        whole[w[5] : w[6]].view(np.uint64),
    )
    forest = Forest(
        asked,
        missing,
        whole[w[6] : w[7]],
        whole[w[7] : w[8]],
        floats[f[1] : f[2]],
        whole[w[8] : w[9]],
        whole[w[9] : w[10]],
        floats[f[2] : f[3]],
        whole[w[10] : w[11]],
    )
    at, value = floats[f[3] : f[4]].reshape(4, -1), floats[f[4] : f[5]].reshape(4, -1)
    places = whole[w[12] : w[13]]
    core = Core(
        places,
        floats[f[6] : f[7]],
        floats[f[7] : f[8]],
        floats[f[8] : f[9]].reshape(len(places), len(places)),
        floats[f[9] : f[10]][0],
    )
    maps = Maps(whole[w[11] : w[12]], at, value)
    return Learned(forest, maps, floats[f[5] : f[6]].reshape(2, 2), core, whole[w[13] : w[14]][0])


def numbers_of(learned: Packed, rows: np.ndarray, *, told: bool) -> np.ndarray:
    """Return what is said of rows, as records of ``SCORED``.

    Parameters
    ----------
    learned : Packed
    rows : numpy.ndarray, shape (n, columns)
    told : bool
        Also find the most telling features.
    """
    raw = np.empty((len(HEADS), len(rows)))
    found = np.empty(len(rows), SCORED)
    rows = np.ascontiguousarray(rows, dtype=np.float64)
    _raw(learned.floats, learned.whole, rows, raw, found, told)
    np.tanh(raw[:2], out=raw[:2])
    _calibrated(learned.floats, learned.whole, raw, found)
    return found


@strict
def _raw(floats: Any, whole: Any, rows: Any, raw: Any, found: Any, told: bool) -> None:
    """Scores of all heads (half of the first two), the most telling features, the novelty."""
    learned = _opened(floats, whole)
    forest = learned.forest
    for first in range(0, len(rows), LANES):
        few = rows[first : first + LANES]
        count = len(few)
        answers = no_answers(forest, count)
        some, squares = np.empty((len(raw), count)), np.empty(count)
        shares = np.empty((rows.shape[1], count))
        ask(forest, few, answers)
        scores(forest, answers, some)
        _squares(learned.core, few, squares)
        if told:
            credit(forest, answers, _FAULT, shares)
        for lane in range(count):
            n = first + lane
            copied(raw[:, n], some[:, lane])
            raw[_FAULT, n] *= 0.5
            raw[_HARD, n] *= 0.5
            found[n].novelty = np.sqrt(squares[lane]) / learned.core.limit
            known = learned.pair >= 0 and np.isfinite(rows[n, learned.pair])
            found[n].kind = 1.0 if known else 0.0
            if told:
                _largest(shares[:, lane], rows[n], found[n])


@strict
def _largest(shares: Any, row: Any, said: Any) -> None:
    """Find the largest by size, the first of equal ones first; no zeros."""
    places, values = said.telling, said.share
    places[:] = -1
    values[:] = 0.0
    for k in range(len(shares)):
        size, slot = abs(shares[k]), TOLD
        while slot > 0 and size > abs(values[slot - 1]):
            slot -= 1
        for lower in range(TOLD - 1, slot, -1):
            places[lower], values[lower] = places[lower - 1], values[lower - 1]
        if slot < TOLD:
            places[slot], values[slot] = k, shares[k]
    for k in range(TOLD):
        said.value[k] = row[int(places[k])] if places[k] >= 0 else np.nan


@strict
def _squares(core: Any, rows: Any, out: Any) -> None:
    """Do as :meth:`softbreak.models.learned.novelty.Familiarity.distance`, short of the root."""
    z = np.empty((len(core.places), len(rows)))
    for j in range(len(z)):
        column, centre, scale = core.places[j], core.centre[j], core.scale[j]
        for r in range(len(rows)):
            scaled = (rows[r, column] - centre) / scale
            z[j, r] = 0.0 if np.isnan(scaled) else min(max(scaled, -REACH), REACH)
    out[:] = 0.0
    for j in range(len(z)):
        one = z[j]
        for k in range(len(z)):
            other, inverse = z[k], core.inverse[j, k]
            for r in range(len(out)):
                out[r] += one[r] * inverse * other[r]


@strict
def _mapped(maps: Any, which: int, score: float) -> float:
    """Do as :class:`softbreak.models.learned.calibration.Isotonic`."""
    at, value = maps.at[which], maps.value[which]
    last = maps.knots[which] - 1
    if score >= at[last]:
        return float(value[last])
    if score <= at[0]:
        return float(value[0])
    k = np.searchsorted(at[: last + 1], score, side="right") - 1
    slope = (value[k + 1] - value[k]) / (at[k + 1] - at[k])
    return float(slope * (score - at[k]) + value[k])


@strict
def _clipped(value: float) -> float:
    return min(max(value, 0.0), 1.0)


@strict
def _calibrated(floats: Any, whole: Any, raw: Any, found: Any) -> None:
    """Probabilities and intervals from scores; of the first two heads tanh(s/2) is given."""
    learned = _opened(floats, whole)
    for n in range(raw.shape[1]):
        kind = int(found[n].kind)
        fault, hard = 0.5 * (1.0 + raw[_FAULT, n]), 0.5 * (1.0 + raw[_HARD, n])
        margin = learned.margins[kind, 1 if fault > 0.5 else 0]
        fault = _mapped(learned.maps, 2 * kind, fault)
        hard = min(_mapped(learned.maps, 2 * kind + 1, hard), fault)
        three, chances, eta = found[n].scores, found[n].chances, found[n].eta
        three[0], three[1], three[2] = 1.0 - fault, fault - hard, hard
        total = three[0] + three[1] + three[2]
        for k in range(3):
            chances[k] = three[k] / total
        low, high = raw[_LOWER, n], raw[_UPPER, n]
        lower = _clipped(min(low, high) - margin)
        upper = _clipped(max(low, high) + margin)
        lower, upper = min(lower, upper), max(lower, upper)
        eta[0], eta[1], eta[2] = min(max(raw[_MIDDLE, n], lower), upper), lower, upper
