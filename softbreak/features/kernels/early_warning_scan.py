"""A half-cycle sample by sample: does its voltage fall as no ionic resistance can?"""

from __future__ import annotations

from typing import Final

import numpy as np

from softbreak.compiled import strict
from softbreak.data.segment import STEP_FRACTION
from softbreak.features.kernels.reversals import SAME_CURRENT
from softbreak.features.kernels.sample_columns import IN_C, IN_CONTROL, IN_HELD, IN_T, IN_V, IN_WARM
from softbreak.features.kernels.voltage_readings import ACTIVATION_KELVIN

SMALLEST_DROP: Final = 0.12
"""Smallest fall of ln R from one sample to the next that is worth a warning …"""
WARNING_SIGMAS: Final = 8.0
"""… and it stands that many times above the scatter of a sample."""
LASTING: Final = 0.6
"""Share of a fall that the median of three samples must show."""
OVERSHOOT: Final = 1.8
GRADUAL_BELOW: Final = 0.3
"""A fall smaller than this that goes on to more than OVERSHOOT times as much was not abrupt."""
SWITCHES: Final = 3
"""So many falls that came back make a telegraph."""
COLLAPSED: Final = 1.0
"""A level (ln) so far below that of the half-cycle before, at the same phase, is a collapse."""
MOVING_SIGMAS: Final = 3.0
"""Two steps the same way, each so many times beyond a sample's noise: the level still moves."""
PLAUSIBLE_VOLT: Final = 1.0
"""Above this it is no symmetric cell."""
DROP, TELEGRAPH, COLLAPSE = range(3)
SIGN, _COUNT, _BEGIN, _LEVEL, _LARGEST, _LAST_SIZE, _SIZE_BEFORE = range(7)
_AGE, _FALL, _BEFORE, _WHEN, _AT, _NEXT = range(7, 13)
_SWITCHES, _TOLD, _LOW, _NOISE, _LAST_V, _HERE = range(13, 19)
_RING: Final = 19
_WARMTH: Final = 23
_SIDE, _UNDER, _TURNING, _TURNED_FROM = range(27, 31)


@strict
def scan(stage, start, state, twins, twin_noise, out):
    """Run over samples; return where another half-cycle begins, and the number of warnings."""
    found = 0
    for k in range(start, stage.shape[1]):
        time, voltage = stage[IN_T, k], stage[IN_V, k]
        known = np.isfinite(stage[IN_CONTROL, k])
        imposed = stage[IN_CONTROL, k] if known else stage[IN_C, k]
        if not (np.isfinite(time) and np.isfinite(voltage) and np.isfinite(imposed)):
            continue
        size = abs(imposed)
        threshold = 0.0 if known else 0.01 * state[_LARGEST]
        sign = 0.0
        if size > threshold:
            sign = 1.0 if imposed > 0.0 else -1.0
        stepped = state[_COUNT] >= 3.0 and abs(size - state[_LEVEL]) > STEP_FRACTION * state[_LEVEL]
        if sign != state[SIGN] or (sign != 0.0 and stepped):
            _open(state, sign, time, size)
            return k, found
        sustained = min(size, state[_LAST_SIZE], state[_SIZE_BEFORE])
        state[_SIZE_BEFORE], state[_LAST_SIZE] = state[_LAST_SIZE], size
        state[_LARGEST] = max(state[_LARGEST], sustained)
        if sign == 0.0 or (np.isfinite(stage[IN_HELD, k]) and not known):
            continue
        state[_LEVEL] += (size - state[_LEVEL]) * 0.3
        turning = _turn(state, voltage)
        if turning:
            _remember(state, np.log(max(abs(voltage), 1e-9) / size), stage[IN_WARM, k], voltage)
            continue
        sample = (time, abs(voltage), size, stage[IN_WARM, k])
        found = _look(state, sample, twins, twin_noise, out, found)
    return stage.shape[1], found


@strict
def _open(state, sign, time, size):
    state[SIGN], state[_BEGIN], state[_LEVEL] = sign, time, size
    state[_COUNT] = state[_AGE] = state[_SWITCHES] = state[_TOLD] = state[_LOW] = 0.0
    state[_NOISE] = state[_LAST_V] = state[_HERE] = 0.0
    if sign == 0.0:
        return
    if sign == -state[_UNDER]:
        # a voltage that did not follow the current is a magnitude, or nothing but an offset
        followed = state[_SIDE] != state[_TURNED_FROM]
        state[_TURNED_FROM] = state[_SIDE]
        state[_TURNING] = state[_SIDE] if followed else 0.0
    state[_UNDER] = sign


@strict
def _turn(state, voltage):
    """Tell whether the voltage has yet to follow the current: its way through zero is no fall."""
    side = np.sign(voltage)
    before = state[_TURNING]
    if side:
        state[_SIDE] = side
        if side != before:
            state[_TURNING] = 0.0
    return before != 0.0


@strict
def _remember(state, here, warmth, voltage):
    """Keep the last four samples."""
    for m in range(3):
        state[_RING + m] = state[_RING + m + 1]
        state[_WARMTH + m] = state[_WARMTH + m + 1]
    state[_RING + 3], state[_WARMTH + 3] = here, warmth
    state[_LAST_V], state[_HERE] = abs(voltage), here
    state[_COUNT] += 1.0


@strict
def _look(state, sample, twins, twin_noise, out, found):
    """Look at one sample of a half-cycle."""
    time, voltage, size, warmth = sample
    noise = twin_noise
    if np.isnan(noise):
        noise = max(1.5 * state[_NOISE], 1e-6)
    here = np.log(max(voltage, 0.1 * noise, 1e-9) / size)
    count = int(state[_COUNT])
    if count:
        # the median change between samples, followed: up and down in equal small steps
        change = abs(voltage - state[_LAST_V])
        if state[_NOISE] <= 0.0:
            state[_NOISE] = change
        else:
            state[_NOISE] *= 1.1 if change > state[_NOISE] else 1.0 / 1.1
    if state[_AGE] > 0.0:
        found = _follow(state, here, noise, size, out, found)
    elif count >= 4 and voltage < PLAUSIBLE_VOLT:
        _consider(state, time, here, size, warmth, twins, noise)
    if count >= 4 and voltage < PLAUSIBLE_VOLT:
        found = _compare(state, time, here, size, twins, noise, out, found)
    _remember(state, here, warmth, voltage)
    return found


@strict
def _consider(state, time, here, size, warmth, twins, noise):
    """Note a fall that may be abrupt."""
    twin, older = twins
    fall = here - state[_HERE]
    if fall > -SMALLEST_DROP or (not twin.shape[1] and state[_COUNT] < 8.0):
        return
    before = np.median(state[_RING : _RING + 4])
    level = np.exp(before) * size
    scatter = WARNING_SIGMAS * noise / max(level, noise)
    if -fall < scatter:
        return
    if twin.shape[1]:
        # what both did before is usual; what only one of them did is an event of its own
        usual = _usual_fall(twin, time - state[_BEGIN], noise)
        if older.shape[1]:
            usual = max(usual, _usual_fall(older, time - state[_BEGIN], noise))
        fall = min(fall - usual, 0.0)
    past = state[_WARMTH + 3]
    if np.isfinite(past) and np.isfinite(warmth):
        warming = ACTIVATION_KELVIN * (1.0 / (warmth + 273.15) - 1.0 / (past + 273.15))
        fall = min(fall - min(warming, 0.0), 0.0)
    if -fall < max(SMALLEST_DROP, scatter):
        return
    state[_AGE], state[_FALL], state[_BEFORE] = 1.0, fall, before
    state[_WHEN], state[_AT] = time, here


@strict
def _is_moving(state, here, least):
    """Tell whether the last two steps led the same way: what moves has not collapsed yet."""
    last = np.exp(here) - np.exp(state[_RING + 3])
    before = np.exp(state[_RING + 3]) - np.exp(state[_RING + 2])
    return min(last, before) > least or max(last, before) < -least


@strict
def _usual_fall(twin, phase, noise):
    """Largest fall of ln R near a phase of the half-cycle before."""
    n = twin.shape[1]
    lowest = 0.0
    k = np.searchsorted(twin[0], twin[0, 0] + phase)
    for j in range(max(k - 1, 1), min(k + 2, n)):
        lowest = min(lowest, _twin_level(twin, j, noise) - _twin_level(twin, j - 1, noise))
    return lowest


@strict
def _twin_level(twin, k, noise):
    size = abs(twin[2, k])
    if size <= 0.0:
        return 0.0
    return np.log(max(abs(twin[1, k]), 0.1 * noise, 1e-9) / size)


@strict
def _follow(state, here, noise, size, out, found):
    """Two samples after a fall: did it last?"""
    if state[_AGE] == 1.0:
        state[_NEXT], state[_AGE] = here, 2.0
        return found
    state[_AGE] = 0.0
    at, following = state[_AT], state[_NEXT]
    after = max(min(at, following), min(max(at, following), here))
    change = after - state[_BEFORE]
    share = change / state[_FALL]
    if share > OVERSHOOT and -state[_FALL] < GRADUAL_BELOW:
        return found
    moved = (np.exp(state[_BEFORE]) - np.exp(after)) * size
    if share < LASTING or moved < WARNING_SIGMAS * noise:
        state[_SWITCHES] += 1.0
        if state[_SWITCHES] == SWITCHES:
            return _tell(state, TELEGRAPH, state[_FALL], out, found)
        return found
    return _tell(state, DROP, change, out, found)


@strict
def _tell(state, reason, change, out, found):
    bit = 1 << reason
    told = int(state[_TOLD])
    if told & bit or found == len(out):
        return found
    state[_TOLD] = told | bit
    out[found, 0], out[found, 1], out[found, 2] = reason, state[_WHEN], change
    out[found, 3], out[found, 4] = np.exp(state[_BEFORE]), np.exp(state[_BEFORE] + change)
    return found + 1


@strict
def _compare(state, time, here, size, twins, noise, out, found):
    """Compare the level with that of the half-cycles before, at the same phase."""
    phase = time - state[_BEGIN]
    usual = min(
        _usual_level(twins[0], phase, size, noise), _usual_level(twins[1], phase, size, noise)
    )
    unlike = here - usual <= -COLLAPSED and np.exp(usual) * size >= WARNING_SIGMAS * noise
    if not unlike or _is_moving(state, here, MOVING_SIGMAS * noise / size):
        state[_LOW] = 0.0
        return found
    state[_LOW] += 1.0
    if state[_LOW] != 3.0:
        return found
    if not int(state[_TOLD]) & (1 << DROP):
        state[_BEFORE], state[_WHEN] = usual, time
        return _tell(state, COLLAPSE, here - usual, out, found)
    return found


@strict
def _usual_level(twin, phase, size, noise):
    """ln R of an earlier half-cycle at a phase; minus infinity where it cannot be compared."""
    n = twin.shape[1]
    if not n:
        return -np.inf
    k = min(np.searchsorted(twin[0], twin[0, 0] + phase), n - 1)
    if abs(abs(twin[2, k]) - size) > SAME_CURRENT * size:
        return -np.inf
    return _twin_level(twin, k, noise)
