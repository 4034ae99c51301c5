"""A cell against its own past: a fold over cycles with an explicit state, in numbers that travel.

Everything is a logarithm of a ratio, a count or a share, so that it means the same on another
chemistry, area or current. The state is one flat array: a live cell keeps it between cycles, a
whole history folds over it, and both give the same bits.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from softbreak.compiled import strict
from softbreak.features.kernels.selection import middle, put_in_order
from softbreak.features.kernels.slow_polarisation import STATE_SIZE as SLOW_SIZE
from softbreak.features.kernels.slow_polarisation import follow_slow
from softbreak.physics.constants import ACTIVATION_EV

INPUTS: Final = (
    "ln_late_ohm",
    "ln_whole_ohm",
    "inverse_ev",
    "noise",
    "asymmetry",
    "slope_inside",
    "ln_current",
    "ln_duration",
    "drops",
    "rises",
    "deepest",
    "highest",
    "fallen",
    "excursions",
    "ln_floor_ohm",
    "ln_spectrum_ohm",
    "spectra_seen",
    "ln_chord_ohm",
    "sweeps_seen",
    "slow_ohm",
    "start_second",
    "end_second",
    "interval_second",
)
"""Columns of the rows that :func:`advance` takes, one row a cycle. ``inverse_ev`` is 1/(k T)
(1/eV); ``deepest``, ``highest`` and ``fallen`` are the largest drop, the largest rise and the sum
of all drops of ln R within the cycle; the next four are those of the newest spectrum and
voltammogram, and how many there were; ``slow_ohm`` is how far V rises within a half-cycle over the
current, ``interval_second`` the longest between two samples. NaN where a thing is not known."""

OUTPUTS: Final = (
    "x_over_base",
    "x_over_maximum",
    "x_over_minimum",
    "x_over_median_5",
    "x_over_median_15",
    "x_over_previous",
    "x_step_in_usual_steps",
    "x_slope_10",
    "x_scatter_10",
    "x_usual_step",
    "x_over_anchor",
    "maximum_over_base",
    "whole_over_late",
    "drop_deepest",
    "rise_highest",
    "drops",
    "rises",
    "drops_10",
    "rises_10",
    "excursions",
    "excursions_10",
    "drop_cumulative",
    "drop_ever",
    "cusum_down",
    "cusum_up",
    "telegraph_gap",
    "telegraph_switches",
    "slope_inside",
    "slope_inside_change",
    "asymmetry_size",
    "asymmetry_change",
    "ln_noise",
    "temperature_distance",
    "temperature_step",
    "activation_energy",
    "activation_misfit",
    "current_over_first",
    "duration_over_first",
    "carried_shift",
    "ln_cycles",
    "x_over_floor",
    "x_since_spectrum",
    "direct_over_spectrum",
    "x_since_sweep",
    "chord_over_direct",
    "slow_change",
    "slow_over_level",
    "slow_uncertainty",
    "slow_share",
)
"""What :func:`advance` writes of a cycle."""

DROP: Final = 0.15
"""A fall of ln R from one cycle to the next that anchors the level before it."""
RECOVERED: Final = 0.05
"""Distance (ln) to the anchor within which it is let go."""
CUSUM_SLACK: Final = 0.03
CURRENT_STEP: Final = 0.10
DURATION_STEP: Final = 0.35
FORGET: Final = 0.93
"""Weight that a cycle keeps in the running Arrhenius regression after each further one."""
RING: Final = 15

# Places in the state.
_SEEN, _KT, _BASE, _TOP, _LOW, _X, _RAW, _FALLEN, _ANCHOR, _DOWN, _UP = range(11)
_EVER, _CURRENT, _DURATION, _CURRENT_0, _DURATION_0, _SHIFT, _SLOPE_0, _ASYM_0, _KT_LAST = range(
    11, 20
)
_SPECTRA, _X_SPECTRUM, _DIRECT_0, _SWEEPS, _X_SWEEP, _CHORD_0 = range(20, 26)
_W, _WU, _WX, _WUU, _WUX, _WXX = range(26, 32)
_EARLY = 32
_XS = 35
_DROPS = _XS + RING
_RISES = _DROPS + 10
_EXCURSIONS = _RISES + 10
_STEPS = _EXCURSIONS + 10
_SLOW = _STEPS + 10
STATE_SIZE: Final = _SLOW + SLOW_SIZE


def new_state() -> np.ndarray:
    """Return the state of a cell that nothing is known of yet."""
    state = np.full(STATE_SIZE, np.nan)
    state[_SEEN] = state[_FALLEN] = state[_DOWN] = state[_UP] = state[_EVER] = state[_SHIFT] = 0.0
    state[_SPECTRA] = state[_SWEEPS] = 0.0
    state[_W : _WXX + 1] = 0.0
    return state


@strict
def _push(state, start, size, value):
    """Put a value at the end of a ring that is kept in order."""
    for k in range(size - 1):
        state[start + k] = state[start + k + 1]
    state[start + size - 1] = value


@strict
def _median(state, start, stop):
    """Median of what is known in a part of the state."""
    kept = np.empty(stop - start)
    count = 0
    for k in range(start, stop):
        if np.isfinite(state[k]):
            kept[count] = state[k]
            count += 1
    put_in_order(kept[:count])
    return middle(kept[:count]) if count else np.nan


@strict
def _total(state, start, stop):
    """Sum of what is known in a part of the state."""
    total = 0.0
    for k in range(start, stop):
        if np.isfinite(state[k]):
            total += state[k]
    return total


@strict
def _carry(state, late, ln_current, ln_duration):
    """Refer ln R to the first current: kinetics and polarisation move it, without any short."""
    ratio = ln_current - state[_CURRENT]
    stretch = abs(ln_duration - state[_DURATION])
    if abs(ratio) <= CURRENT_STEP and stretch <= DURATION_STEP:
        return
    slack = 0.05 + (0.3 if stretch > DURATION_STEP else 0.0)
    low, high = min(0.0, -0.6 * ratio) - slack, max(0.0, -0.6 * ratio) + slack
    state[_SHIFT] += min(max(late - state[_RAW], low), high)


@strict
def _trend(state, out):
    """Slope and scatter of the last ten levels."""
    count, mean_k, mean_x = 0, 0.0, 0.0
    for k in range(RING - 10, RING):
        value = state[_XS + k]
        if np.isfinite(value):
            count += 1
            mean_k += k
            mean_x += value
    if count < 3:
        return
    mean_k, mean_x = mean_k / count, mean_x / count
    skk = skx = sxx = 0.0
    for k in range(RING - 10, RING):
        value = state[_XS + k]
        if np.isfinite(value):
            skk += (k - mean_k) ** 2
            skx += (k - mean_k) * (value - mean_x)
            sxx += (value - mean_x) ** 2
    out[7] = skx / skk
    out[8] = np.sqrt(max(sxx - skx * skx / skk, 0.0) / count)


@strict
def _telegraph(state, out):
    """Two levels that the last cycles flip between: their distance, and how often they do."""
    values = np.empty(RING)
    count = 0
    for k in range(RING):
        if np.isfinite(state[_XS + k]):
            values[count] = state[_XS + k]
            count += 1
    if count < 4:
        return
    ordered = values[:count].copy()
    put_in_order(ordered)
    gap, between = 0.0, ordered[0]
    for k in range(1, count):
        if ordered[k] - ordered[k - 1] > gap:
            gap = ordered[k] - ordered[k - 1]
            between = 0.5 * (ordered[k] + ordered[k - 1])
    flips = 0
    for k in range(1, count):
        if (values[k] > between) != (values[k - 1] > between):
            flips += 1
    out[25], out[26] = gap, flips


@strict
def _arrhenius(state, u, raw, out):
    """Running regression of ln R on 1/(k T): the apparent activation energy, and what it misses."""
    for k in range(_W, _WXX + 1):
        state[k] *= FORGET
    state[_W] += 1.0
    state[_WU] += u
    state[_WX] += raw
    state[_WUU] += u * u
    state[_WUX] += u * raw
    state[_WXX] += raw * raw
    weight = state[_W]
    uu = state[_WUU] / weight - (state[_WU] / weight) ** 2
    ux = state[_WUX] / weight - state[_WU] * state[_WX] / weight**2
    xx = state[_WXX] / weight - (state[_WX] / weight) ** 2
    if weight < 3.0 or uu < 0.06:  # less than two kelvin of spread says nothing
        return
    energy = ux / uu
    out[34] = min(max(energy, -2.0), 3.0)
    out[35] = np.sqrt(max(xx - energy * ux, 0.0))


@strict
def _first(state, row):
    """Take the first cycle for the reference of everything."""
    state[_CURRENT_0], state[_DURATION_0] = row[6], row[7]
    state[_SLOPE_0], state[_ASYM_0] = row[5], row[4]


@strict
def _levels(state, x, out):
    """Distances to base, extremes, medians and anchor; they are brought up to date."""
    seen = state[_SEEN]
    before = state[_X]
    step = x - before if seen else 0.0
    if seen < 3:
        state[_EARLY + int(seen)] = x
        state[_BASE] = _median(state, _EARLY, _EARLY + 3)
        state[_TOP], state[_LOW] = state[_BASE], state[_BASE]
    else:
        state[_TOP], state[_LOW] = max(state[_TOP], x), min(state[_LOW], x)
    usual = _median(state, _STEPS, _STEPS + 10)
    out[9] = usual
    out[6] = step / max(usual, 0.003) if np.isfinite(usual) else np.nan
    if seen:
        _push(state, _STEPS, 10, abs(step))
    _push(state, _XS, RING, x)
    out[0], out[1], out[2] = x - state[_BASE], x - state[_TOP], x - state[_LOW]
    out[3] = x - _median(state, _XS + RING - 5, _XS + RING)
    out[4] = x - _median(state, _XS, _XS + RING)
    out[5] = step
    out[11] = state[_TOP] - state[_BASE]
    _trend(state, out)
    _telegraph(state, out)
    state[_DOWN] = min(max(state[_DOWN] - step - CUSUM_SLACK, 0.0), 3.0)
    state[_UP] = min(max(state[_UP] + step - CUSUM_SLACK, 0.0), 3.0)
    out[23], out[24] = state[_DOWN], state[_UP]
    return before


@strict
def _events(state, row, x, before, out):
    """Drops and rises: counts, sums, and the level before the first one that has not come back."""
    deepest = min(row[10], 0.0) if np.isfinite(row[10]) else 0.0
    highest = max(row[11], 0.0) if np.isfinite(row[11]) else 0.0
    seen = state[_SEEN]
    fell = deepest < 0.0 or (seen and x - before < -DROP)
    if fell and not np.isfinite(state[_ANCHOR]):
        state[_ANCHOR] = before if seen else x - deepest
    anchor = state[_ANCHOR]
    out[10] = x - anchor
    if np.isfinite(anchor) and x > anchor - RECOVERED and not fell:
        state[_ANCHOR] = np.nan
    fallen = row[12] if np.isfinite(row[12]) else 0.0
    if fallen == 0.0 and seen and x - before < -DROP:
        fallen = x - before
    state[_FALLEN] = max(state[_FALLEN] + fallen, -20.0)
    state[_EVER] = min(state[_EVER], deepest, fallen)
    _push(state, _DROPS, 10, row[8])
    _push(state, _RISES, 10, row[9])
    _push(state, _EXCURSIONS, 10, row[13])
    out[13], out[14], out[15], out[16] = deepest, highest, row[8], row[9]
    out[17] = _total(state, _DROPS, _DROPS + 10)
    out[18] = _total(state, _RISES, _RISES + 10)
    out[19] = row[13]
    out[20] = _total(state, _EXCURSIONS, _EXCURSIONS + 10)
    out[21], out[22] = state[_FALLEN], state[_EVER]


@strict
def _beside(state, row, x, out):
    """Compare with what spectra and voltammograms said when they were taken."""
    raw = row[0]
    if np.isfinite(row[15]):
        if row[16] != state[_SPECTRA]:
            state[_SPECTRA] = row[16]
            state[_X_SPECTRUM] = x if np.isnan(state[_X]) else state[_X]
        if np.isnan(state[_DIRECT_0]):
            state[_DIRECT_0] = raw - row[15]
        out[41] = x - state[_X_SPECTRUM]
        out[42] = raw - row[15] - state[_DIRECT_0]
    if np.isfinite(row[17]):
        if row[18] != state[_SWEEPS]:
            state[_SWEEPS] = row[18]
            state[_X_SWEEP] = x if np.isnan(state[_X]) else state[_X]
        if np.isnan(state[_CHORD_0]):
            state[_CHORD_0] = row[17] - raw
        out[43] = x - state[_X_SWEEP]
        out[44] = row[17] - raw - state[_CHORD_0]


@strict
def advance(state: np.ndarray, rows: np.ndarray, out: np.ndarray) -> None:
    """Fold cycles into the state, and write the features of each.

    Parameters
    ----------
    state : numpy.ndarray, shape (STATE_SIZE,)
        Is brought up to date.
    rows : numpy.ndarray, shape (n, len(INPUTS))
        Cycles in their order.
    out : numpy.ndarray, shape (n, len(OUTPUTS))
        Is overwritten. A cycle without a positive V/I leaves no trace and gets NaN.
    """
    for n in range(len(rows)):
        row, place = rows[n], out[n]
        place[:] = np.nan
        raw, u = row[0], row[2]
        if not (np.isfinite(raw) and np.isfinite(row[1])):
            continue
        if np.isnan(state[_KT]) and np.isfinite(u):
            state[_KT] = u
        warmth = -ACTIVATION_EV * (u - state[_KT]) if np.isfinite(u) else 0.0
        if state[_SEEN]:
            _carry(state, raw + warmth, row[6], row[7])
        else:
            _first(state, row)
        x = raw + warmth - state[_SHIFT]
        _beside(state, row, x, place)
        before = _levels(state, x, place)
        _events(state, row, x, before, place)
        place[12] = row[1] - raw
        place[27], place[28] = row[5], row[5] - state[_SLOPE_0]
        place[29], place[30] = abs(row[4]), abs(row[4] - state[_ASYM_0])
        place[31] = np.log(max(row[3], 1e-7))
        if np.isfinite(u):
            place[32] = abs(u - state[_KT])
            place[33] = u - state[_KT_LAST]
            _arrhenius(state, u, raw, place)
            state[_KT_LAST] = u
        place[36], place[37] = row[6] - state[_CURRENT_0], row[7] - state[_DURATION_0]
        place[38] = state[_SHIFT]
        place[39] = np.log(1.0 + state[_SEEN])
        floor = row[14]
        place[40] = raw - floor
        drift = ACTIVATION_EV * abs(place[33]) if np.isfinite(place[33]) else 0.0
        follow_slow(state[_SLOW:], row[19:23], (row[6], warmth, x, drift), place[45:49])
        state[_X], state[_RAW] = x, raw + warmth
        state[_CURRENT], state[_DURATION] = row[6], row[7]
        state[_SEEN] += 1.0
