"""What is said of one half-cycle, part by part: called by the voltage kernel."""

from __future__ import annotations

from typing import Final

import numpy as np

from softbreak.compiled import exact
from softbreak.features.kernels import order_statistics as ranks
from softbreak.features.kernels import voltage_passes as passes
from softbreak.features.kernels.half_cycle import EDGE_SAMPLES
from softbreak.features.kernels.voltage_columns import C

OFFSET_VOLT: Final = 1e-3
"""A good cycler's offset: a smaller voltage says only that it is small."""
VANISHING_AMPERE: Final = 1e-18
"""Nothing is divided by a smaller current."""
SCALING_SAMPLES: Final = 24
"""With fewer samples nothing is said of how the scatter grows with the lag."""
SIGMAS: Final = 6.0
LARGE_STEP: Final = 0.08
"""A drop or rise is counted from this Δ ln V on, if it is also beyond 6 σ."""
PLATEAU: Final = 0.05
WINDOW: Final = 4
"""Samples in the medians before and after the largest drop."""
SHARES: Final = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
MEDIAN: Final = SHARES.index(0.5)
NORMAL: Final = 1.4826
"""Standard deviation of normal scatter over its median size."""


@exact
def levels(v, w, total, places, sums, keys, marks, tables, out):
    """Quantiles into ``out``: see `_ranks.weighted_quantiles`."""
    ranks.bucket_sums(v, w, places, sums)
    ranks.weighted_quantiles(SHARES, total, v, w, places, sums[0], keys, marks, tables, out)


@exact
def best_split(sums, total, mean):
    """First bucket of the upper of two levels: the largest variance between them; 0 for none."""
    weight, moment = sums[0], sums[1]
    split = 0
    size, spread = 0.0, 1.0
    below = away = 0.0
    for b in range(ranks.BUCKETS - 1):
        below += weight[b]
        away += moment[b] - mean * weight[b]
        product = below * (total - below)
        if product > 0.0 and away * away * spread > size * product * (1.0 + ranks.ROUNDING):
            size, spread = away * away, product
            split = b + 1
    return split


@exact
def current(row, i, w, total, quarters):
    """Mean and late voltage, current, resistance."""
    weight, volts, amperes = quarters[:, 0], quarters[:, 1], quarters[:, 2]
    mean, ampere = volts.sum() / total, amperes.sum() / total
    late, late_ampere = mean, ampere
    if weight[2] + weight[3] > 0.0:
        late = (volts[2] + volts[3]) / (weight[2] + weight[3])
        late_ampere = (amperes[2] + amperes[3]) / (weight[2] + weight[3])
    row[C.mean_voltage_volt], row[C.late_voltage_volt] = mean, late
    row[C.current_ampere] = ampere
    if ampere > VANISHING_AMPERE:
        row[C.resistance_ohm] = mean / ampere
        row[C.current_scatter] = np.sqrt(passes.central_moments(i, w, ampere)[0] / total) / ampere
        row[C.late_current_ratio] = late_ampere / ampere
    if late_ampere > VANISHING_AMPERE:
        row[C.late_resistance_ohm] = late / late_ampere


@exact
def shares(row, v, w, total, scale):
    """Shares of the time; return that near the median."""
    flat, small, reverse = passes.shares_of_time(
        v, w, (1.0 - PLATEAU) * scale, (1.0 + PLATEAU) * scale, OFFSET_VOLT
    )
    row[C.below_offset_share] = small / total
    row[C.reverse_share] = reverse / total
    return flat / total


@exact
def extents(row, mean, low, high, scale, levels):
    """Extremes and quantiles over the median's size."""
    row[C.mean_ratio] = mean / scale
    row[C.largest_ratio], row[C.smallest_ratio] = high / scale, low / scale
    row[C.quantile_05], row[C.quantile_10] = levels[0] / scale, levels[1] / scale
    row[C.quantile_25], row[C.quantile_75] = levels[2] / scale, levels[4] / scale
    row[C.quantile_90], row[C.quantile_95] = levels[5] / scale, levels[6] / scale
    width = levels[5] - levels[1]
    if width > 0.0:
        row[C.quantile_skewness] = (levels[5] + levels[1] - 2.0 * levels[MEDIAN]) / width


@exact
def shape(row, t, v, w, mean, span, scale, left):
    """Moments, straight line and parabola.

    ``left`` is overwritten with what the parabola leaves. Returns the mean squares (V²) beside
    the straight line and beside the mean.
    """
    n = len(t)
    s2, s3, s4 = passes.central_moments(v, w, mean)
    s2, s3, s4 = s2 / span, s3 / span, s4 / span
    row[C.rectangularity] = 1.0 - np.sqrt(s2) / scale
    if np.sqrt(s2) > 1e-12 * scale:
        row[C.skewness], row[C.kurtosis] = s3 / s2**1.5, s4 / (s2 * s2) - 3.0
    middle = 0.5 * (t[0] + t[n - 1])
    m2, m3, m4, uc, u2c = passes.time_moments(t, v, w, middle, span, mean)
    m2, m3, m4, uc, u2c = m2 / span, m3 / span, m4 / span, uc / span, u2c / span
    slope, tilt = uc / m2, m3 / m2
    norm = m4 - m2 * m2 - m3 * tilt  # of u² − m2 − tilt u, which is orthogonal to 1 and u
    bend = (u2c - tilt * uc) / norm if norm > 1e-9 else 0.0
    passes.remove_parabola(t, v, middle, span, mean - bend * m2, slope - bend * tilt, bend, left)
    row[C.slope] = slope / scale
    if norm > 1e-9:
        row[C.curvature] = bend / scale
        row[C.detrended_scatter] = np.sqrt(passes.central_moments(left, w, 0.0)[0] / span) / scale
    if n >= SCALING_SAMPLES:
        row[C.variogram_exponent] = _scaling(left, scale)
    row[C.net_change] = (v[n - 1] - v[0]) / scale
    edge = min(EDGE_SAMPLES, n)
    first, last = v[:edge].mean(), v[n - edge :].mean()
    row[C.first_ratio], row[C.last_ratio] = first / scale, last / scale
    row[C.reversal_hysteresis] = (first - last) / scale
    return max(s2 - slope * slope * m2, 0.0), s2


@exact
def _scaling(left, scale):
    """Slope of ln (mean square difference) over ln lag, lags 1, 2, 4, 8."""
    slope = 0.0
    for p in range(4):
        size = passes.mean_square_difference(left, 1 << p)
        if not size > (1e-12 * scale) ** 2:
            return np.nan
        # least squares on ln lag = p ln 2: weights (p − 1.5) / (5 ln 2)
        slope += (p - 1.5) / (5.0 * np.log(2.0)) * np.log(size)
    return slope


@exact
def two_levels(row, sums, split, total, line, variance, scale):
    """Two levels against a straight line."""
    row[C.low_occupancy] = row[C.level_split] = row[C.two_level_gain] = 0.0
    if split == 0:
        return
    below = low = high = 0.0
    for b in range(split):
        below += sums[0, b]
        low += sums[1, b]
    for b in range(split, ranks.BUCKETS):
        high += sums[1, b]
    gap = high / (total - below) - low / below
    within = max(variance - below * (total - below) / (total * total) * gap * gap, 0.0)
    smallest = 1e-8 * (scale * scale + variance)
    row[C.low_occupancy] = below / total
    row[C.level_split] = gap / scale
    row[C.two_level_gain] = 0.5 * np.log((line + smallest) / (within + smallest))


@exact
def own_changes(row, v, changes, sizes, size_bits, scale):
    """Changes of V from sample to sample; return the smallest that is not zero (V)."""
    n = len(changes)
    path = passes.differences(v, changes, sizes)
    smallest = ranks.smallest_positive(size_bits)
    row[C.repeated_share] = passes.count_zeros(sizes) / n
    row[C.path_ratio] = path / scale
    if path > 0.0:
        row[C.directness] = (v[n] - v[0]) / path
        size_bits[0] = smallest
        smallest_size = sizes[0]
    else:
        smallest_size = 0.0
    row[C.resolution_ratio] = smallest_size / scale
    return smallest_size


@exact
def steps(row, steps, sizes, places, split, low, high, sigma):
    """Δ ln V from sample to sample."""
    n = len(steps)
    outlying = SIGMAS * sigma
    squares, products, beyond, outliers, drops, rises, crossings = passes.step_sums(
        steps, sizes, places, split, outlying, max(LARGE_STEP, outlying)
    )
    row[C.step_scatter] = sigma
    row[C.largest_drop], row[C.largest_rise] = min(low, 0.0), max(high, 0.0)
    row[C.outlying_share] = outliers / n
    row[C.drops], row[C.rises], row[C.level_crossings] = drops, rises, crossings
    if sigma > 0.0:
        row[C.largest_drop_sigmas] = max(-low, 0.0) / sigma
        row[C.largest_rise_sigmas] = max(high, 0.0) / sigma
    if squares > 0.0:
        row[C.step_autocorrelation] = products / squares
        row[C.jump_share] = beyond / squares


@exact
def largest_drop(row, y, steps, drop):
    """What stayed of the largest drop; return the first sample after it."""
    k = 0
    while steps[k] > drop:
        k += 1
    k += 1  # the first sample after it
    after = passes.median_of_few(y, k, min(k + WINDOW, len(y)))
    lasting = after - passes.median_of_few(y, max(k - WINDOW, 0), k)
    row[C.lasting_drop] = lasting
    row[C.drop_persistence] = lasting / drop
    return k


@exact
def noise(row, square, middle, resolution, scale):
    """Scatter of one sample (V), never below that of the converter's step."""
    sigma = max(NORMAL * np.sqrt(middle), resolution / np.sqrt(12.0))
    row[C.scatter_volt] = sigma
    row[C.noise_ratio] = sigma / scale
    if sigma > 1e-12 * scale:
        row[C.impulsiveness] = np.sqrt(square) / sigma
    return sigma


@exact
def rises(row, quarters, scale):
    """How the mean changes within the first and within the second half."""
    m = quarters[:, 1] / quarters[:, 0]
    row[C.early_rise], row[C.late_rise] = (m[1] - m[0]) / scale, (m[3] - m[2]) / scale


@exact
def relaxation(row, v, span, scale, sigma, quarters):
    """What decays after the reversal onto the straight line of the second half."""
    weight, volts, times = quarters[:, 0], quarters[:, 1], quarters[:, 3]
    third, last = volts[2] / weight[2], volts[3] / weight[3]
    rise = 4.0 * (last - third)  # per duration: the quarters' middles are a quarter apart
    begin = third - 0.625 * rise
    height = v[: min(EDGE_SAMPLES, len(v))].mean() - begin
    row[C.relaxation_amplitude] = height / scale
    if not abs(height) > max(3.0 * sigma, 1e-9 * scale):
        return
    half = weight[0] + weight[1]
    line = begin * half + rise * (times[0] + times[1]) / span
    time = (volts[0] + volts[1] - line) / (height * span)
    if 0.0 < time < 0.5:
        row[C.relaxation_time] = time
