"""MiniRocket's convolutions and the shares above their biases."""

from __future__ import annotations

import numpy as np

from softbreak.compiled import strict


@strict
def convolve(x: np.ndarray, dilation: int, twos: np.ndarray, out: np.ndarray) -> None:
    """Convolve a series with one kernel; beyond its ends it is zero.

    Parameters
    ----------
    x : numpy.ndarray of float32
    dilation : int
        Samples between taps.
    twos : numpy.ndarray of int, shape (3,)
        Taps of weight 2.
    out : numpy.ndarray of float32, same shape as ``x``
    """
    shifted = np.empty((9, len(x)), dtype=np.float32)
    base = np.empty(len(x), dtype=np.float32)
    _shift(x, dilation, shifted, base)
    _join(base, shifted, twos, out)


@strict
def _shift(x, dilation, shifted, base):
    """What all kernels of a dilation share: −Σ of the shifted series, and three times each."""
    n = len(x)
    shifted[:] = np.float32(0.0)
    base[:] = np.float32(0.0)
    for tap in range(9):
        shift = (tap - 4) * dilation
        first, last = max(0, -shift), min(n, n - shift)
        for k in range(first, last):
            base[k] -= x[k + shift]
            shifted[tap, k] = np.float32(3.0) * x[k + shift]


@strict
def _join(base, shifted, twos, out):
    """Weights of −1 everywhere and +3 at three taps make −1 and 2."""
    a, b, c = shifted[twos[0]], shifted[twos[1]], shifted[twos[2]]  # rows: these loops widen
    for k in range(len(out)):
        out[k] = base[k] + a[k] + b[k] + c[k]


@strict
def transform(grid, dilations, counts, twos, biases):
    """Shares above the biases; features in the order dilation, kernel, bias."""
    n = grid.shape[1]
    out = np.empty((len(grid), len(biases)), dtype=np.float32)
    shifted = np.empty((9, n), dtype=np.float32)
    base, conv = np.empty(n, dtype=np.float32), np.empty(n, dtype=np.float32)
    for m in range(len(grid)):
        f = 0
        for d in range(len(dilations)):
            _shift(grid[m], dilations[d], shifted, base)
            for k in range(len(twos)):
                _join(base, shifted, twos[k], conv)
                edge = 0 if (d + k) % 2 == 0 else 4 * dilations[d]
                for _ in range(counts[d]):
                    out[m, f] = _share_above(conv[edge : n - edge], biases[f])
                    f += 1
    return out


@strict
def _share_above(conv, bias):
    """Share of a convolution above a bias."""
    above = 0
    for k in range(len(conv)):
        above += conv[k] > bias
    return above / len(conv)
