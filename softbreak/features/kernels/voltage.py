"""The voltage features of one half-cycle, and of many.

See :mod:`softbreak.features.families.voltage`.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from softbreak.compiled import exact
from softbreak.features.kernels import order_statistics as ranks
from softbreak.features.kernels import voltage_parts as parts
from softbreak.features.kernels import voltage_passes as passes
from softbreak.features.kernels.half_cycle import SKIPPED_SAMPLES
from softbreak.features.kernels.voltage_columns import C

IMPOSSIBLE: Final = 1e6
"""A larger voltage (V) or current (A) is a placeholder: the sample counts as missing."""
IMPOSSIBLE_SECOND: Final = 1e14
VANISHING_VOLT: Final = 1e-12
"""Below this nothing is divided by the median voltage."""
SHORTEST_SECOND: Final = 1e-9
"""A shorter half-cycle has no duration: its samples count alike."""
FEWEST_SAMPLES: Final = 6
"""With fewer samples a half-cycle has a level but no shape."""
SETTLING: Final = 0.01
"""Share of the duration after a reversal in which steps are the double layer's."""
FEWEST_SETTLED: Final = 4
_ROWS: Final = 10
_T, _V, _I, _K, _DT, _W, _Y, _STEP, _SIZE, _SCRATCH = range(_ROWS)


@exact
def features(time, voltage, imposed, temperature, starts, stops, signs, out):
    """Fill a row of ``out`` for each half-cycle."""
    longest = 1
    for m in range(len(starts)):
        longest = max(longest, stops[m] - starts[m])
    work = np.empty((_ROWS, longest))
    bits = work.view(np.int64)
    marks = np.empty((3, longest), dtype=np.uint32)
    tables = np.empty((3, ranks.OCTAVE_BUCKETS), dtype=np.int32)
    sums = np.empty((2, ranks.BUCKETS))
    quarters = np.empty((4, 4))
    levels = np.empty(len(parts.SHARES))
    for m in range(len(starts)):
        a, b = starts[m], stops[m]
        n, skip = _load(time, voltage, imposed, temperature, a, b, signs[m], work)
        row = out[m]
        row[:] = np.nan
        row[C.samples] = b - a
        row[C.missing_share] = (b - a - n) / (b - a) if b > a else np.nan
        if n > skip:
            _measure(row, work, bits, marks, tables, sums, quarters, levels, n, skip)
            if len(temperature):
                _warmth(row, work[_K, skip:n], work[_W, : n - skip])


@exact
def _load(time, voltage, imposed, temperature, a, b, sign, work):
    """Copy the usable samples of a half-cycle; return how many, and how many to skip."""
    skip = SKIPPED_SAMPLES if b - a > 3 * SKIPPED_SAMPLES else 0
    t, v, i, celsius = work[_T], work[_V], work[_I], work[_K]
    warm = len(temperature) > 0
    if b > a and _copied(time[a:b], voltage[a:b], imposed[a:b], sign, t, v, i):
        if warm:
            celsius[: b - a] = temperature[a:b]
        return b - a, skip
    n = skipped = 0
    begin = latest = 0.0
    for k in range(a, b):
        good = (abs(voltage[k]) < IMPOSSIBLE) & (abs(imposed[k]) < IMPOSSIBLE)
        if not (good and abs(time[k]) < IMPOSSIBLE_SECOND):
            continue
        if n == 0:
            begin = latest = time[k]
        latest = max(latest, time[k])  # a clock that steps back stands still instead
        t[n] = latest - begin
        v[n] = voltage[k] * sign
        i[n] = abs(imposed[k])
        if warm:
            celsius[n] = temperature[k]
        skipped += k < a + skip
        n += 1
    return n, skipped


@exact
def _copied(time, voltage, imposed, sign, t, v, i):
    """Time from the first sample, voltage along the current, size of the current.

    Returns whether every sample can be used as it stands.
    """
    begin = time[0]
    factor = np.float64(sign)
    bad = 0
    for k in range(len(time)):
        t[k] = time[k] - begin
        v[k] = voltage[k] * factor
        i[k] = abs(imposed[k])
        good = (abs(v[k]) < IMPOSSIBLE) & (i[k] < IMPOSSIBLE) & (abs(time[k]) < IMPOSSIBLE_SECOND)
        bad += 0 if good else 1
    for k in range(len(time) - 1):
        bad += t[k + 1] < t[k]
    return bad == 0


@exact
def _measure(row, work, bits, marks, tables, sums, quarters, levels, n, skip):
    """Fill a row but for the temperature."""
    t, v, i = work[_T, :n], work[_V, :n], work[_I, :n]
    row[C.duration_second] = t[n - 1] - t[0]
    row[C.charge_ampere_second], row[C.energy_joule] = passes.passed(t, v, i)
    opening = v[0]
    t, v, i, n = t[skip:], v[skip:], i[skip:], n - skip
    w, dt = work[_W, :n], work[_DT, : n - 1]
    places, pair, pair_bits = marks[0, :n], work[_SCRATCH], bits[_SCRATCH]
    span = t[n - 1] - t[0]
    total = span
    if span > SHORTEST_SECOND:
        usual = span / (n - 1)
        row[C.sampling_irregularity] = np.sqrt(passes.time_weights(t, usual, dt, w) / (n - 1))
        row[C.sampling_irregularity] /= usual
        longest = ranks.extremes(bits[_DT, : n - 1], pair, pair_bits)[1]
        row[C.longest_interval_share] = longest / span
    else:
        w[:] = 1.0
        total = float(n)
    passes.quarter_sums(t, v, i, w, quarters)
    parts.current(row, i, w, total, quarters)
    mean, late = row[C.mean_voltage_volt], row[C.late_voltage_volt]
    low, high = ranks.extremes(bits[_V, skip : skip + n], pair, pair_bits)
    split = 0
    if high - low > 1e-290:
        ranks.place_in_buckets(v, low, high, places)
        parts.levels(v, w, total, places, sums, work[_Y], marks[1:], tables, levels)
        split = parts.best_split(sums, total, mean)
    else:
        levels[:] = low
        places[:] = 0
    scale = abs(levels[parts.MEDIAN])
    row[C.median_voltage_volt] = levels[parts.MEDIAN]
    flat = parts.shares(row, v, w, total, scale)
    if n < FEWEST_SAMPLES or not (span > SHORTEST_SECOND and scale > VANISHING_VOLT):
        return
    row[C.plateau_share] = flat
    row[C.first_sample_ratio] = opening / scale
    row[C.late_ratio] = late / scale
    parts.extents(row, mean, low, high, scale, levels)
    scratch, y = work[_SCRATCH, :n], work[_Y, :n]
    line, variance = parts.shape(row, t, v, w, mean, span, scale, scratch)
    parts.two_levels(row, sums, split, total, line, variance, scale)
    parts.rises(row, quarters, scale)
    # the reversal's own steps are no events
    settled = np.searchsorted(t, t[0] + SETTLING * span, side="right") - 1
    m = n - settled
    if m < FEWEST_SETTLED:
        return
    passes.logarithms(v, passes.FLOOR * max(high, -low), scratch, bits[_SCRATCH, :n], y)
    v, y, dt, places = v[settled:], y[settled:], dt[settled:], places[settled:]
    steps, sizes = work[_STEP, : m - 1], work[_SIZE, : m - 1]
    size_bits = bits[_SIZE, : m - 1]
    resolution = parts.own_changes(row, v, steps, sizes, size_bits, scale)
    passes.differences(y, steps, sizes)
    low, high = ranks.extremes(bits[_STEP, : m - 1], pair, pair_bits)
    middle = ranks.lower_median(sizes, size_bits, marks[1], tables, scratch)
    sigma = max(parts.NORMAL * middle, resolution / scale)
    parts.steps(row, steps, sizes, places, split, low, high, sigma)
    row[C.drawdown], row[C.drawup] = passes.drawdowns(y)
    if low < 0.0:
        k = parts.largest_drop(row, y, steps, low)
        row[C.drop_phase] = (t[settled + k] - t[0]) / span
    sizes, size_bits = sizes[: m - 2], size_bits[: m - 2]
    squares = passes.interpolation_errors(dt, v, sizes)
    middle = ranks.lower_median(sizes, size_bits, marks[1], tables, scratch)
    sigma = parts.noise(row, squares / (m - 2), middle, resolution, scale)
    parts.relaxation(row, work[_V, skip : skip + n], span, scale, sigma, quarters)


@exact
def _warmth(row, celsius, w):
    """Mean temperature and how far it ranges; placeholders of missing probes are left out."""
    total = weight = 0.0
    low, high = np.inf, -np.inf
    for k in range(len(celsius)):
        if -100.0 < celsius[k] < 400.0:
            weight += w[k]
            total += w[k] * celsius[k]
            low, high = min(low, celsius[k]), max(high, celsius[k])
    if weight > 0.0:
        row[C.temperature_celsius] = total / weight
        row[C.temperature_span_kelvin] = high - low
