"""The passes over one half-cycle's samples that the voltage features are made of.

They take finite, bounded numbers only (the loader sees to it), so that the compiler may reorder
sums and use the whole width of the processor.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from softbreak.compiled import exact, fast

FLOOR: Final = 1e-4
"""ln V is held at this share of the largest |V| where V vanishes or changes sign."""
_LN2: Final = 0.6931471805599453
_HALF_ROOT: Final = 0x3FE6A09E667F3BCD  # bits of sqrt(1/2)


@fast
def passed(t, v, i):
    """∫ I dt and ∫ V I dt by the trapezoid."""
    charge = energy = 0.0
    for k in range(len(t) - 1):
        dt = t[k + 1] - t[k]
        charge += 0.5 * (i[k] + i[k + 1]) * dt
        energy += 0.5 * (v[k] * i[k] + v[k + 1] * i[k + 1]) * dt
    return charge, energy


@fast
def time_weights(t, usual, dt, w):
    """Fill the intervals and the trapezoid's weights; return Σ (dt − usual)²."""
    n = len(t)
    squares = 0.0
    for k in range(n - 1):
        dt[k] = t[k + 1] - t[k]
        squares += (dt[k] - usual) * (dt[k] - usual)
    w[0] = 0.5 * dt[0]
    w[n - 1] = 0.5 * dt[n - 2]
    for k in range(n - 2):
        w[k + 1] = 0.5 * (dt[k] + dt[k + 1])
    return squares


@fast
def quarter_sums(t, v, i, w, out):
    """Fill Σw, Σwv, Σwi, Σw(t − t₀) of the four quarters of the duration, shape (4, 4)."""
    n = len(t)
    begin = 0
    span = t[n - 1] - t[0]
    for quarter in range(4):
        end = n
        if quarter < 3:
            end = np.searchsorted(t, t[0] + 0.25 * (quarter + 1) * span)
        tq, vq, iq, wq = t[begin:end], v[begin:end], i[begin:end], w[begin:end]
        weight = volts = amperes = times = 0.0
        for k in range(len(tq)):
            weight += wq[k]
            volts += wq[k] * vq[k]
            amperes += wq[k] * iq[k]
            times += wq[k] * (tq[k] - t[0])
        sums = out[quarter]
        sums[0], sums[1], sums[2], sums[3] = weight, volts, amperes, times
        begin = end


@fast
def central_moments(x, w, centre):
    """Σw (x − centre)^p for p = 2, 3, 4."""
    s2 = s3 = s4 = 0.0
    for k in range(len(x)):
        c = x[k] - centre
        c2 = c * c
        s2 += w[k] * c2
        s3 += w[k] * c2 * c
        s4 += w[k] * c2 * c2
    return s2, s3, s4


@fast
def time_moments(t, v, w, middle, span, mean):
    """Σw of u²c⁰, u³, u⁴, uc, u²c with u = (t − middle)/span and c = v − mean."""
    m2 = m3 = m4 = uc = u2c = 0.0
    rate = 1.0 / span
    for k in range(len(t)):
        u = (t[k] - middle) * rate
        c = v[k] - mean
        wu2 = w[k] * u * u
        m2 += wu2
        m3 += wu2 * u
        m4 += wu2 * u * u
        uc += w[k] * u * c
        u2c += wu2 * c
    return m2, m3, m4, uc, u2c


@fast
def remove_parabola(t, v, middle, span, level, slope, bend, out):
    """v − (level + slope u + bend u²)."""
    rate = 1.0 / span
    for k in range(len(t)):
        u = (t[k] - middle) * rate
        out[k] = v[k] - level - u * (slope + bend * u)


@fast
def shares_of_time(v, w, low, high, offset):
    """Σw where v is between low and high, within ± offset, and negative."""
    flat = small = reverse = 0.0
    for k in range(len(v)):
        flat += w[k] if low <= v[k] <= high else 0.0
        small += w[k] if abs(v[k]) < offset else 0.0
        reverse += w[k] if v[k] < 0.0 else 0.0
    return flat, small, reverse


@fast
def logarithms(v, floor, scratch, bits, out):
    """ln of v or of the floor, whichever is larger (to a few units in the last place).

    ln x = e ln 2 + 2 artanh s with x = 2^e m, m between sqrt(1/2) and sqrt(2), and
    s = (m − 1)/(m + 1). ``bits`` is the memory of ``scratch`` as integers. The C library's own
    logarithm takes one number at a time.
    """
    n = len(v)
    for k in range(n):
        scratch[k] = v[k] if v[k] > floor else floor
    for k in range(n):
        exponent = (bits[k] - _HALF_ROOT) >> 52
        bits[k] -= exponent << 52
        out[k] = exponent * _LN2
    for k in range(n):
        m = scratch[k]
        s = (m - 1.0) / (m + 1.0)
        z = s * s
        series = z * (1.0 / 17.0 + z * (1.0 / 19.0 + z * (1.0 / 21.0)))
        series = z * (1.0 / 11.0 + z * (1.0 / 13.0 + z * (1.0 / 15.0 + series)))
        series = z * (1.0 / 3.0 + z * (1.0 / 5.0 + z * (1.0 / 7.0 + z * (1.0 / 9.0 + series))))
        out[k] += 2.0 * s * (1.0 + series)


@fast
def differences(x, steps, sizes):
    """Fill the changes from sample to sample and their sizes; return Σ|change|."""
    path = 0.0
    for k in range(len(steps)):
        steps[k] = x[k + 1] - x[k]
        sizes[k] = abs(steps[k])
        path += sizes[k]
    return path


@exact
def count_zeros(x):
    """How many are zero."""
    found = 0
    for k in range(len(x)):
        found += x[k] == 0.0
    return found


@fast
def step_sums(steps, sizes, places, split, outlying, large):
    """Sums over Δ ln V.

    Returns
    -------
    squares, products : float
        Σd², Σ d_k d_{k+1}.
    beyond : float
        Σd² of those beyond ``outlying``.
    outliers, drops, rises, crossings : int
        Steps beyond ``outlying``; falls and rises beyond ``large``; outlying steps from one of
        two levels to the other (buckets below ``split`` are the lower one).
    """
    n = len(steps)
    squares = products = beyond = 0.0
    outliers = drops = rises = crossings = 0
    for k in range(n):
        squares += steps[k] * steps[k]
        out = sizes[k] > outlying
        beyond += steps[k] * steps[k] if out else 0.0
        outliers += out
        drops += steps[k] < -large
        rises += steps[k] > large
        crossings += out & ((places[k] < split) != (places[k + 1] < split))
    for k in range(n - 1):
        products += steps[k] * steps[k + 1]
    return squares, products, beyond, outliers, drops, rises, crossings


@exact
def drawdowns(y):
    """Deepest fall below the highest value so far, and highest rise above the lowest.

    Each quarter by itself first, all four at once: no comparison waits for the one before.
    """
    n = len(y) // 4
    part = (y[:n], y[n : 2 * n], y[2 * n : 3 * n], y[3 * n :])
    fall, rise, high, low = 0.0, 0.0, y[0], y[0]
    if n:
        a, b, c, d = part
        ah = al = a[0]
        bh = bl = b[0]
        ch = cl = c[0]
        dh = dl = d[0]
        af = ar = bf = br = cf = cr = df = dr = 0.0
        for k in range(n):
            ah, al = a[k] if a[k] > ah else ah, a[k] if a[k] < al else al
            bh, bl = b[k] if b[k] > bh else bh, b[k] if b[k] < bl else bl
            ch, cl = c[k] if c[k] > ch else ch, c[k] if c[k] < cl else cl
            dh, dl = d[k] if d[k] > dh else dh, d[k] if d[k] < dl else dl
            af, ar = max(af, ah - a[k]), max(ar, a[k] - al)
            bf, br = max(bf, bh - b[k]), max(br, b[k] - bl)
            cf, cr = max(cf, ch - c[k]), max(cr, c[k] - cl)
            df, dr = max(df, dh - d[k]), max(dr, d[k] - dl)
        quarters = ((ah, al, af, ar), (bh, bl, bf, br), (ch, cl, cf, cr), (dh, dl, df, dr))
        for top, bottom, deepest, steepest in quarters:
            fall, rise = max(fall, deepest, high - bottom), max(rise, steepest, top - low)
            high, low = max(high, top), min(low, bottom)
    for k in range(4 * n, len(y)):
        high, low = max(high, y[k]), min(low, y[k])
        fall, rise = max(fall, high - y[k]), max(rise, y[k] - low)
    return fall, rise


@fast
def interpolation_errors(dt, v, squares):
    """Fill the squared error of each sample against the straight line through its neighbours.

    It is scaled to the variance of one sample: of v₁ − a v₀ − b v₂ with a + b = 1 it would be
    1 + a² + b² times as large. Returns the sum.
    """
    total = 0.0
    for k in range(len(squares)):
        before, after = dt[k], dt[k + 1]
        span = before + after
        error = span * v[k + 1] - after * v[k] - before * v[k + 2]
        norm = span * span + after * after + before * before
        squares[k] = error * error / (norm if norm > 1e-280 else 1e-280)
        total += squares[k]
    return total


@fast
def mean_square_difference(x, lag):
    """Mean of (x[k + lag] − x[k])²."""
    total = 0.0
    later = x[lag:]
    for k in range(len(later)):
        change = later[k] - x[k]
        total += change * change
    return total / len(later)


@exact
def median_of_few(x, start, stop):
    """Median of at most four samples."""
    count = stop - start
    a = x[start]
    b = x[start + 1] if count > 1 else np.inf
    c = x[start + 2] if count > 2 else np.inf
    d = x[start + 3] if count > 3 else np.inf
    a, b = min(a, b), max(a, b)
    c, d = min(c, d), max(c, d)
    lowest, c = min(a, c), max(a, c)
    b = min(b, d)
    b, c = min(b, c), max(b, c)
    if count == 1:
        return lowest
    if count == 2:
        return 0.5 * (lowest + b)
    if count == 3:
        return b
    return 0.5 * (b + c)
