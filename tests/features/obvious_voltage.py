"""The voltage features of one half-cycle, written to be read: slow, and without any trick."""

import numpy as np
import pandas as pd


def weights(t):
    """Half of the interval before and half of the interval after each sample."""
    gaps = np.diff(t)
    return 0.5 * (np.concatenate(([0.0], gaps)) + np.concatenate((gaps, [0.0])))


def quantile(v, w, share):
    table = pd.DataFrame({"v": v, "w": w}).sort_values("v", kind="stable")
    reached = table["w"].cumsum()
    return table["v"][reached >= (share - 1e-9) * w.sum()].iloc[0]


def lower_median(x):
    return np.sort(x)[(len(x) - 1) // 2]


def best_split(v, w):
    """Bucket (of 128 equal ones) where the upper of two levels begins."""
    low, high = v.min(), v.max()
    bucket = np.minimum((v - low) * (128 / (high - low)), 127.0).astype(int)
    best, chosen = 0.0, 0
    for b in range(1, 128):
        below = bucket < b
        if w[below].sum() <= 0 or w[~below].sum() <= 0:
            continue
        share = w[below].sum() / w.sum()
        gap = np.average(v[~below], weights=w[~below]) - np.average(v[below], weights=w[below])
        between = share * (1 - share) * gap**2
        if between > best * (1 + 1e-9):
            best, chosen = between, b
    return bucket < chosen, best


def features(time, voltage, imposed, temperature, sign):
    """Return a dictionary; what is not in it must be NaN."""
    raw = len(time)
    usable = (np.abs(voltage) < 1e6) & (np.abs(imposed) < 1e6) & (np.abs(time) < 1e14)
    found = {"samples": raw, "missing_share": 1 - usable.mean()}
    first = np.arange(raw) < (2 if raw > 6 else 0)
    skip = int((first & usable).sum())
    t = np.maximum.accumulate(np.asarray(time, dtype=float)[usable])
    v = np.asarray(voltage, dtype=float)[usable] * sign
    i = np.abs(np.asarray(imposed, dtype=float)[usable])
    if len(t) <= skip:
        return found
    t = t - t[0]
    found["duration_second"] = t[-1] - t[0]
    found["charge_ampere_second"] = np.trapezoid(i, t)
    found["energy_joule"] = np.trapezoid(v * i, t)
    opening = v[0]
    t, v, i = t[skip:], v[skip:], i[skip:]
    span, n = t[-1] - t[0], len(t)
    gaps = np.diff(t)
    if span > 1e-9:
        w = weights(t)
        found["sampling_irregularity"] = gaps.std() / gaps.mean()
        found["longest_interval_share"] = gaps.max() / span
    else:
        w = np.ones(n)
    if len(temperature):
        celsius = np.asarray(temperature, dtype=float)[usable][skip:]
        known = (celsius > -100) & (celsius < 400)
        if w[known].sum() > 0:
            found["temperature_celsius"] = np.average(celsius[known], weights=w[known])
            found["temperature_span_kelvin"] = np.ptp(celsius[known])
    mean, ampere = np.average(v, weights=w), np.average(i, weights=w)
    late = t >= t[0] + 0.5 * span
    if w[late].sum() > 0:
        late_v, late_i = np.average(v[late], weights=w[late]), np.average(i[late], weights=w[late])
    else:
        late_v, late_i = mean, ampere
    median = quantile(v, w, 0.5)
    scale = abs(median)
    found |= {
        "mean_voltage_volt": mean,
        "median_voltage_volt": median,
        "late_voltage_volt": late_v,
        "current_ampere": ampere,
        "below_offset_share": w[np.abs(v) < 1e-3].sum() / w.sum(),
        "reverse_share": w[v < 0].sum() / w.sum(),
    }
    if ampere > 1e-18:
        found["resistance_ohm"] = mean / ampere
        found["current_scatter"] = np.sqrt(np.average((i - ampere) ** 2, weights=w)) / ampere
        found["late_current_ratio"] = late_i / ampere
    if late_i > 1e-18:
        found["late_resistance_ohm"] = late_v / late_i
    if n < 6 or span <= 1e-9 or scale <= 1e-12:
        return found
    found |= shape(t, v, w, scale, mean, late_v, opening)
    found |= extent(v, w, scale)
    found |= rises(t, v, w, scale)
    found |= two_levels(t, v, w, scale)
    if settled(t).sum() < 4:
        return found
    found |= steps(t, v, w, scale)
    found |= noise_and_relaxation(t, v, w, scale)
    return found


def settled(t):
    """From the last sample of the first hundredth of the duration on."""
    kept = t > t[0] + 0.01 * (t[-1] - t[0])
    kept[int(np.argmax(kept)) - 1 :] = True
    return kept


def resolution_of(v):
    resolution = np.abs(np.diff(v))
    return resolution[resolution > 0].min() if resolution.any() else 0.0


def shape(t, v, w, scale, mean, late, opening):
    span, n = t[-1] - t[0], len(t)
    u = (t - 0.5 * (t[0] + t[-1])) / span
    deviation = np.sqrt(np.average((v - mean) ** 2, weights=w))
    near = ((1 - 0.05) * scale <= v) & (v <= (1 + 0.05) * scale)
    found = {
        "plateau_share": w[near].sum() / span,
        "first_sample_ratio": opening / scale,
        "first_ratio": v[:3].mean() / scale,
        "last_ratio": v[-3:].mean() / scale,
        "late_ratio": late / scale,
        "mean_ratio": mean / scale,
        "reversal_hysteresis": (v[:3].mean() - v[-3:].mean()) / scale,
        "net_change": (v[-1] - v[0]) / scale,
        "rectangularity": 1 - deviation / scale,
    }
    if deviation > 1e-12 * scale:
        found["skewness"] = np.average((v - mean) ** 3, weights=w) / deviation**3
        found["kurtosis"] = np.average((v - mean) ** 4, weights=w) / deviation**4 - 3
    root = np.sqrt(w)
    line = np.linalg.lstsq(np.stack([root, root * u], axis=1), root * v, rcond=None)[0]
    found["slope"] = line[1] / scale
    design = np.stack([np.ones(n), u, u**2], axis=1)
    left = v - line[0] - line[1] * u
    if len(np.unique(t[w > 0])) > 2:
        parabola = np.linalg.lstsq(design * root[:, None], root * v, rcond=None)[0]
        left = v - design @ parabola
        found["curvature"] = parabola[2] / scale
        found["detrended_scatter"] = np.sqrt(np.average(left**2, weights=w)) / scale
    if n >= 24:
        lags = np.array([1, 2, 4, 8])
        sizes = [np.mean((left[m:] - left[:-m]) ** 2) for m in lags]
        if min(sizes) > (1e-12 * scale) ** 2:
            found["variogram_exponent"] = np.polyfit(np.log(lags), np.log(sizes), 1)[0]
    return found


def rises(t, v, w, scale):
    quarter = np.minimum(np.floor(4 * (t - t[0]) / (t[-1] - t[0]) + 1e-12), 3)
    m = [
        np.average(v[quarter == q], weights=w[quarter == q]) if w[quarter == q].sum() else np.nan
        for q in range(4)
    ]
    return {"early_rise": (m[1] - m[0]) / scale, "late_rise": (m[3] - m[2]) / scale}


def extent(v, w, scale):
    found = {"smallest_ratio": v.min() / scale, "largest_ratio": v.max() / scale}
    q = {share: quantile(v, w, share / 100) for share in (5, 10, 25, 50, 75, 90, 95)}
    found |= {f"quantile_{share:02d}": q[share] / scale for share in q if share != 50}
    if q[90] > q[10]:
        found["quantile_skewness"] = (q[90] + q[10] - 2 * q[50]) / (q[90] - q[10])
    return found


def steps(t, v, w, scale):
    """Of the settled samples."""
    begin, span = t[0], t[-1] - t[0]
    y = np.log(np.maximum(v, 1e-4 * np.abs(v).max()))
    low = best_split(v, w)[0] if v.max() > v.min() else np.zeros(len(v), bool)
    kept = settled(t)
    t, v, y, low = t[kept], v[kept], y[kept], low[kept]
    resolution = resolution_of(v)
    d = np.diff(y)
    sigma = max(1.4826 * lower_median(np.abs(d)), resolution / scale)
    out = np.abs(d) > 6 * sigma
    large = max(0.08, 6 * sigma)
    path = np.abs(np.diff(v)).sum()
    found = {
        "resolution_ratio": resolution / scale,
        "repeated_share": (np.diff(v) == 0).mean(),
        "path_ratio": path / scale,
        "step_scatter": sigma,
        "largest_drop": min(d.min(), 0.0),
        "largest_rise": max(d.max(), 0.0),
        "drops": (d < -large).sum(),
        "rises": (d > large).sum(),
        "outlying_share": out.mean(),
        "drawdown": (np.maximum.accumulate(y) - y).max(),
        "drawup": (y - np.minimum.accumulate(y)).max(),
        "level_crossings": (out & (low[1:] != low[:-1])).sum(),
    }
    if path > 0:
        found["directness"] = (v[-1] - v[0]) / path
    if sigma > 0:
        found["largest_drop_sigmas"] = max(-d.min(), 0.0) / sigma
        found["largest_rise_sigmas"] = max(d.max(), 0.0) / sigma
    if (d**2).sum() > 0:
        found["step_autocorrelation"] = (d[1:] * d[:-1]).sum() / (d**2).sum()
        found["jump_share"] = (d[out] ** 2).sum() / (d**2).sum()
    if d.min() < 0:
        k = int(np.argmin(d)) + 1
        lasting = np.median(y[k : k + 4]) - np.median(y[max(k - 4, 0) : k])
        found["drop_phase"] = (t[k] - begin) / span
        found["lasting_drop"] = lasting
        found["drop_persistence"] = lasting / d.min()
    return found


def two_levels(t, v, w, scale):
    """Two levels against a straight line."""
    nothing = {"low_occupancy": 0.0, "level_split": 0.0, "two_level_gain": 0.0}
    if v.max() == v.min():
        return nothing
    low, between = best_split(v, w)
    if not low.any():
        return nothing
    span = t[-1] - t[0]
    mean = np.average(v, weights=w)
    variance = np.average((v - mean) ** 2, weights=w)
    u = (t - 0.5 * (t[0] + t[-1])) / span
    b = (w * u * (v - mean)).sum() / (w * u * u).sum()
    line = np.average((v - mean - b * u) ** 2, weights=w)
    floor = 1e-8 * (scale**2 + variance)
    levels = [np.average(v[part], weights=w[part]) for part in (~low, low)]
    within = max(variance - between, 0.0)
    return {
        "low_occupancy": w[low].sum() / span,
        "level_split": (levels[0] - levels[1]) / scale,
        "two_level_gain": 0.5 * np.log((line + floor) / (within + floor)),
    }


def noise_and_relaxation(t, v, w, scale):
    whole_t, whole_v, span = t, v, t[-1] - t[0]
    kept = settled(t)
    t, v = t[kept], v[kept]
    resolution = resolution_of(v)
    errors = []
    for k in range(1, len(v) - 1):
        before, after = t[k] - t[k - 1], t[k + 1] - t[k]
        if before + after == 0:
            errors.append(0.0)
            continue
        a, b = after / (before + after), before / (before + after)
        errors.append((v[k] - a * v[k - 1] - b * v[k + 1]) / np.sqrt(1 + a * a + b * b))
    errors = np.array(errors)
    sigma = max(1.4826 * lower_median(np.abs(errors)), resolution / np.sqrt(12))
    found = {"scatter_volt": sigma, "noise_ratio": sigma / scale}
    if sigma > 1e-12 * scale:
        found["impulsiveness"] = np.sqrt(np.mean(errors**2)) / sigma
    t, v = whole_t, whole_v
    quarter = np.minimum(np.floor(4 * (t - t[0]) / span + 1e-12), 3)
    if w[quarter == 2].sum() == 0 or w[quarter == 3].sum() == 0:
        return found
    third, last = (np.average(v[quarter == q], weights=w[quarter == q]) for q in (2, 3))
    rise = 4 * (last - third)
    line = third + rise * ((t - t[0]) / span - 0.625)
    height = v[:3].mean() - (third - 0.625 * rise)
    found["relaxation_amplitude"] = height / scale
    if abs(height) > max(3 * sigma, 1e-9 * scale):
        early = quarter < 2
        area = (w * (v - line))[early].sum() / (height * span)
        if 0 < area < 0.5:
            found["relaxation_time"] = area
    return found
