"""Rate test and critical current density: what the overpotential does when the current rises.

Among the signs of a soft breakdown Joule 2022 (doi 10.1016/j.joule.2022.05.020) lists "an
unchanged or lower overpotential under higher current density", after Q. Li et al., Joule 6 (2022)
273, doi 10.1016/j.joule.2021.12.009, and a charge-transfer resistance that falls. Here are both,
the critical current density with what must be said beside it, and what else makes such a curve:
Butler-Volmer kinetics bend the overpotential *below* proportionality (local exponent under 1, never
under 0), warming and creeping contact do so too, voids bend it above.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]

UNCHANGED_EXPONENT: Final = 0.1
"""Unchanged: the overpotential follows less than a tenth of the current's rise (in logarithms)."""
COLLAPSE: Final = 0.2
"""A hard breakdown: less than this share of the resistance at the lowest current is left."""
RETURNED_LOWER: Final = 0.25
"""Back at a current after higher ones, an overpotential lower by this share is a sign …"""
RETURN_REMARK: Final = 0.10
"""… and by this one a remark: a few kelvin and better contact do as much."""
BEND: Final = 0.05
"""What a local exponent of a rate test may be wrong by."""
SAME_LEVEL: Final = 0.03
"""Currents within this fraction are one step."""
TABLE_1_CAPACITY: Final = 3.0
"""Areal capacity a half-cycle that the paper's Table 1 asks for (mAh cm⁻²)."""
FEW_CYCLES, ENOUGH_CYCLES = 5, 10
"""The paper wants at least five to ten cycles at every current density."""


class Steps(NamedTuple):
    """Half-cycles gathered into steps of one current density, in the order of time.

    Attributes
    ----------
    current_density, overpotential : numpy.ndarray, shape (steps,)
        |j| (A cm⁻², or A) and mean |V| (V) of each step.
    overpotential_sd : numpy.ndarray
        Standard error of the mean over the step's half-cycles (V); NaN for a single one.
    last_overpotential : numpy.ndarray
        |V| of the step's last half-cycle (V).
    capacity : numpy.ndarray
        Median charge of a half-cycle (unit of what was given).
    half_cycles, cycles : numpy.ndarray of int
        How many the step has; a cycle is two half-cycles.
    first, last : numpy.ndarray of int
        Indices of the step's first and last half-cycle.
    """

    current_density: FloatArray
    overpotential: FloatArray
    overpotential_sd: FloatArray
    last_overpotential: FloatArray
    capacity: FloatArray
    half_cycles: NDArray[np.int64]
    cycles: NDArray[np.int64]
    first: NDArray[np.int64]
    last: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class CriticalCurrent:
    """The critical current density, with what it means nothing without.

    Attributes
    ----------
    density : float
        Largest current density below ``failed_at`` that was passed before it (unit of the steps);
        NaN where none was. Only a lower bound where ``failed_at`` is NaN.
    failed_at : float
        Current density of the step that showed the sign; where only the way back shows it, the
        highest one before.
    sign : {"", "unchanged", "lower", "collapse", "return", "again"}
        What the overpotential did there; ``return``: back at a lower current it is far lower
        than it was before; ``again``: at another visit of one current, without a higher one
        between.
    capacity : float
        Median charge of a half-cycle at ``density``.
    cumulative_capacity : float
        Charge in all half-cycles before the failing one (both directions).
    fewest_cycles : int
        Over all steps up to the failing one, itself not counted.
    enough_capacity, enough_cycles : bool
        Against the paper's Table 1: 3 mAh cm⁻² a half-cycle, five cycles a step.
    """

    density: float
    failed_at: float
    sign: str
    capacity: float
    cumulative_capacity: float
    fewest_cycles: int
    enough_capacity: bool
    enough_cycles: bool


def steps_of(current_density: ArrayLike, overpotential: ArrayLike, capacity: ArrayLike) -> Steps:
    """Gather half-cycles of equal current density that follow each other.

    Parameters
    ----------
    current_density, overpotential, capacity : array_like, shape (half_cycles,)
        Magnitudes, in the order of time. A step that is not finite or not positive is left out.

    Returns
    -------
    Steps
    """
    j, v, q = (np.abs(np.asarray(a, float)) for a in (current_density, overpotential, capacity))
    index = np.flatnonzero(np.isfinite(j) & np.isfinite(v) & (j > 0))
    bounds = [0]
    for k in range(1, len(index)):
        level = float(np.median(j[index[bounds[-1] : k]]))
        if abs(j[index[k]] / level - 1.0) > SAME_LEVEL:
            bounds.append(k)
    parts = [p for p in np.split(index, bounds[1:]) if len(p)]
    return Steps(
        np.array([np.median(j[p]) for p in parts]),
        np.array([v[p].mean() for p in parts]),
        np.array([v[p].std(ddof=1) / np.sqrt(len(p)) if len(p) > 1 else np.nan for p in parts]),
        np.array([v[p[-1]] for p in parts]),
        np.array([np.median(q[p]) for p in parts]),
        np.array([len(p) for p in parts], dtype=np.int64),
        np.array([len(p) // 2 for p in parts], dtype=np.int64),
        np.array([p[0] for p in parts], dtype=np.int64),
        np.array([p[-1] for p in parts], dtype=np.int64),
    )


def local_exponent(current_density: ArrayLike, overpotential: ArrayLike) -> FloatArray:
    """Slope d ln V / d ln j from each step to the next.

    1 for an ohmic cell; between 0 and 1 where Butler-Volmer kinetics (asinh) or warming bend the
    curve; above 1 where voids grow; 0 or below where a path for electrons opened.

    Parameters
    ----------
    current_density, overpotential : array_like, shape (n,)
        Magnitudes, positive.

    Returns
    -------
    numpy.ndarray, shape (n - 1,)
        1; NaN where the current stayed the same.
    """
    j, v = (np.abs(np.asarray(a, dtype=np.float64)) for a in (current_density, overpotential))
    with np.errstate(divide="ignore", invalid="ignore"):
        change = np.diff(np.log(j))
        return np.where(np.abs(change) > SAME_LEVEL, np.diff(np.log(v)) / change, np.nan)


def unchanged_or_lower(
    current_density: ArrayLike,
    overpotential: ArrayLike,
    overpotential_sd: ArrayLike = 0.0,
) -> NDArray[np.str_]:
    """Apply the paper's criterion from each step to the next.

    Parameters
    ----------
    current_density, overpotential : array_like, shape (n,)
        Magnitudes, positive.
    overpotential_sd : array_like
        Standard deviations (V): a fall within two of them (the smaller of both steps' counts) is
        called unchanged.

    Returns
    -------
    numpy.ndarray of str, shape (n - 1,)
        ``lower``, ``unchanged``, ``higher``, or empty where the current did not rise.
    """
    j, v = (np.abs(np.asarray(a, dtype=np.float64)) for a in (current_density, overpotential))
    sd = np.nan_to_num(np.broadcast_to(np.asarray(overpotential_sd, dtype=np.float64), v.shape))
    # The quieter of the two: an event inside a step is no noise.
    spread = np.sqrt(2.0) * np.minimum(sd[1:], sd[:-1])
    exponent = local_exponent(j, v)
    told = np.where(exponent < UNCHANGED_EXPONENT, "unchanged", "higher")
    told = np.where(np.diff(v) < -2.0 * spread - 1e-12 * v[1:], "lower", told)
    return np.where((j[1:] > j[:-1] * (1 + SAME_LEVEL)) & np.isfinite(exponent), told, "")


def fraction_if_ohmic(current_density: ArrayLike, overpotential: ArrayLike) -> FloatArray:
    """Electronic fraction at each step if the ionic path is ohmic and stays as at the lowest step.

    ``η = 1 - (V / j) / (V / j)_lowest``. With Butler-Volmer kinetics, warming or better contact
    part of it is not electrons: an upper reading, and no proof.

    Parameters
    ----------
    current_density, overpotential : array_like, shape (n,)
        Magnitudes, positive.

    Returns
    -------
    numpy.ndarray, shape (n,)
        1; negative where the resistance rose.

    References
    ----------
    Equation 1 of Joule 2022, doi 10.1016/j.joule.2022.05.020, at constant R_i.
    """
    j, v = (np.abs(np.asarray(a, dtype=np.float64)) for a in (current_density, overpotential))
    if not len(j):
        return np.empty(0)
    resistance = v / j
    return 1.0 - resistance / resistance[int(np.argmin(j))]


class Return(NamedTuple):
    """A step at a current density at which the cell was before.

    Attributes
    ----------
    step, before, highest : int
        The step, the earlier one at the same current (or the one below it on the way up), and
        the highest between them (the step itself where it saw no higher one meanwhile).
    change : float
        Overpotential over that of the earlier one, less 1.
    """

    step: int
    before: int
    highest: int
    change: float


def returns(steps: Steps, relative: ArrayLike = 1.0) -> list[Return]:
    """Compare the overpotential on the way back, or at another visit, with that before.

    Kinetics, which bend |V| over j, cancel at one and the same current; warmth and contact do
    not.

    Parameters
    ----------
    steps : Steps
    relative : array_like, shape (steps,)
        Factor that takes each step's overpotential to one temperature, where it is known.

    Returns
    -------
    list of Return
        In the order of time; each step against the latest earlier one at its current, or between
        those that it lay between on the way up.
    """
    j = steps.current_density
    v = steps.overpotential * np.broadcast_to(np.asarray(relative, dtype=np.float64), j.shape)
    found = []
    for k in range(len(j)):
        same = np.flatnonzero(np.abs(j[:k] / j[k] - 1.0) <= SAME_LEVEL)
        lower = np.flatnonzero(j[:k] < j[k])
        first = int(same[-1]) if len(same) else int(lower[-1]) if len(lower) else k
        higher = first + 1 + np.flatnonzero(j[first + 1 : k] > j[k] * (1.0 + SAME_LEVEL))
        if not len(higher):
            if len(same) and first < k - 1:
                found.append(Return(k, first, k, float(v[k] / v[first] - 1.0)))
            continue
        highest = int(higher[np.argmax(j[higher])])
        up = np.arange(first, int(higher[0]) + 1)
        with np.errstate(divide="ignore", invalid="ignore"):
            rising = np.exp(np.interp(np.log(j[k]), np.log(j[up]), np.log(v[up])))
            change = v[k] / (v[first] if len(same) else rising) - 1.0
        found.append(Return(k, first, highest, float(change)))
    return found


class Fall(NamedTuple):
    """V/j that fell as kinetics do not make it fall.

    Attributes
    ----------
    step : int
        Where it is seen.
    how : {"within", "down", "up"}
        At the step's end against its mean; against the step before at a higher current; against
        what the kinetics of the steps before allow at a higher one.
    change : float
        Relative change of V/j.
    """

    step: int
    how: str
    change: float


def falls(steps: Steps, relative: ArrayLike = 1.0) -> list[Fall]:
    """Find steps whose V/j falls at one current, or by more than kinetics do between two.

    Kinetics only raise V/j where the current falls; where it rises they bend |V| over j as they
    did before, a little further. It is no critical current, but no sound cell either.

    Parameters
    ----------
    steps : Steps
    relative : array_like, shape (steps,)
        See :func:`returns`.

    Returns
    -------
    list of Fall
        In the order of time.
    """
    j = steps.current_density
    v = steps.overpotential * np.broadcast_to(np.asarray(relative, dtype=np.float64), j.shape)
    found = []
    for k in range(len(j)):
        last = steps.last_overpotential[k] / steps.overpotential[k]
        found.append(Fall(k, "within", float(last - 1.0)))
        if k and j[k] < j[k - 1] * (1.0 - SAME_LEVEL):
            found.append(Fall(k, "down", float(v[k] / j[k] / (v[k - 1] / j[k - 1]) - 1.0)))
        if k > 1 and (np.diff(j[k - 2 : k + 1]) > SAME_LEVEL * j[k - 2 : k]).all():
            least = v[k - 1] * (j[k] / j[k - 1]) ** _next_exponent(j[k - 2 : k + 1], v[k - 2 : k])
            found.append(Fall(k, "up", float(v[k] / least - 1.0)))
    return [one for one in found if one.change < -RETURNED_LOWER]


def _next_exponent(density: FloatArray, overpotential: FloatArray) -> float:
    """Smallest d ln V/d ln j to a third current that asinh kinetics allow after the first two."""
    seen = float(local_exponent(density[:2], overpotential)[0]) - BEND
    size = np.logspace(-2.0, 3.0, 200)  # j over the exchange current
    volts = np.arcsinh(size[:, None] * density / density[0])
    before, after = (np.diff(np.log(volts), axis=1) / np.diff(np.log(density))).T
    return float(np.interp(seen, before[::-1], after[::-1]))


def critical_current(
    steps: Steps, capacity: ArrayLike, *, areal: bool = True, relative: ArrayLike = 1.0
) -> CriticalCurrent:
    """Critical current density, and whether the test was one that counts.

    The failing step is the first at a higher current whose overpotential is lower, unchanged or
    collapsed (resistance below a fifth of the lowest step's), at its mean or at its end; or the
    highest one before a return to a current at which the overpotential is lower by a quarter, or
    another visit of one current at which it is so.

    Parameters
    ----------
    steps : Steps
    capacity : array_like, shape (half_cycles,)
        Charge of every half-cycle, in the unit of ``steps.capacity``.
    areal : bool
        Whether capacities are in mAh cm⁻², so that the paper's 3 mAh cm⁻² can be asked for.
    relative : array_like, shape (steps,)
        See :func:`returns`.

    Returns
    -------
    CriticalCurrent
    """
    charge = np.nan_to_num(np.abs(np.asarray(capacity, dtype=np.float64)))
    count = len(steps.current_density)
    if not count:
        return CriticalCurrent(np.nan, np.nan, "", np.nan, 0.0, 0, False, False)
    failing, sign = _first_failure(steps, returns(steps, relative), relative)
    sound = failing if failing < count else count
    density = steps.current_density[:sound]
    below = density < steps.current_density[failing] if failing < count else density > 0.0
    best = int(np.argmax(np.where(below, density, 0.0))) if below.any() else 0
    until = int(steps.first[failing]) if failing < count else len(charge)
    fewest = int(steps.cycles[:sound].min()) if sound else 0
    size = float(steps.capacity[best]) if below.any() else np.nan
    return CriticalCurrent(
        density=float(density[best]) if below.any() else np.nan,
        failed_at=float(steps.current_density[failing]) if failing < count else np.nan,
        sign=sign,
        capacity=size,
        cumulative_capacity=float(charge[:until].sum()),
        fewest_cycles=fewest,
        enough_capacity=bool(areal and size >= 0.98 * TABLE_1_CAPACITY),
        enough_cycles=fewest >= FEW_CYCLES,
    )


def _first_failure(steps: Steps, back: list[Return], relative: ArrayLike = 1.0) -> tuple[int, str]:
    """Index of the failing step (the number of steps where there is none) and its sign."""
    j = steps.current_density
    factor = np.broadcast_to(np.asarray(relative, dtype=np.float64), j.shape)
    v, last = steps.overpotential * factor, steps.last_overpotential * factor
    told = unchanged_or_lower(j, v, steps.overpotential_sd)
    resistance, least = v / j, v[0] / j[0]
    lower = {one.step: one.highest for one in back if one.change < -RETURNED_LOWER}
    for k in range(len(j)):
        if k in lower:
            return lower[k], "return" if lower[k] < k else "again"
        if min(resistance[k], last[k] / j[k]) < COLLAPSE * least:
            return k, "collapse"
        if k and told[k - 1] in ("lower", "unchanged"):
            return k, str(told[k - 1])
        least = min(least, resistance[k])
    return len(j), ""
