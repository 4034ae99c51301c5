"""Twins of tsfresh's Fourier coefficients, spectral densities and wavelets.

The transforms are NumPy's own, called as tsfresh calls them: an angle near a coefficient of zero
is decided by rounding, and only the same transform rounds the same way.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise
from typing import Final

import numpy as np

from softbreak.features.generic.tsfresh_equivalents.kernels.correlation import correlate

_SEGMENT: Final = 256
"""Longest stretch of Welch's estimate, in samples."""
_WAVELET_POINTS: Final = 4096
_WAVELET_REACH: Final = 8.0
"""The sampled mother wavelet of PyWavelets spans ±8 with 4096 points."""


def fourier(values: np.ndarray, offsets: np.ndarray, count: int) -> np.ndarray:
    """First Fourier coefficients of every series.

    Parameters
    ----------
    values : numpy.ndarray of float64
        Series laid end to end.
    offsets : numpy.ndarray of int, shape (m + 1,)
        Where each begins.
    count : int
        Coefficients wanted.

    Returns
    -------
    numpy.ndarray of complex, shape (m, count)
        NaN beyond what a series has.
    """
    out = np.full((len(offsets) - 1, count), np.nan + 1j * np.nan)
    for m, (start, stop) in enumerate(pairwise(offsets.tolist())):
        found = np.fft.rfft(values[start:stop])[:count]
        out[m, : len(found)] = found
    return out


@lru_cache(maxsize=_SEGMENT)
def _window(count: int) -> tuple[np.ndarray, float]:
    """Periodic Hann window, and the scale that makes |FFT|² a density."""
    window = 0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(count) / count)
    return window, 1.0 / float(np.sum(window**2))


def welch_density(values: np.ndarray, offsets: np.ndarray, count: int) -> np.ndarray:
    """First values of Welch's spectral density, as SciPy estimates it; shape (m, count).

    Half-overlapping stretches of at most 256 samples, each less its mean, Hann window.
    """
    out = np.full((len(offsets) - 1, count), np.nan)
    for m, (start, stop) in enumerate(pairwise(offsets.tolist())):
        size = min(stop - start, _SEGMENT)
        window, scale = _window(size)
        begins = range(start, stop - size + 1, size - size // 2)
        density = np.zeros(size // 2 + 1)
        for begin in begins:
            part = values[begin : begin + size]
            density += np.abs(np.fft.rfft((part - part.mean()) * window)) ** 2
        density *= scale / len(begins)
        density[1 : len(density) - (size + 1) % 2] *= 2.0  # both signs of the frequency
        found = density[:count]
        out[m, : len(found)] = found
    return out


@lru_cache(maxsize=64)
def _mexican_hat(width: int) -> np.ndarray:
    """Integral of the Mexican hat, stretched to a width and reversed."""
    x = np.linspace(-_WAVELET_REACH, _WAVELET_REACH, _WAVELET_POINTS)
    hat = 2.0 / (np.sqrt(3.0) * np.pi**0.25) * (1.0 - x**2) * np.exp(-(x**2) / 2.0)
    step = x[1] - x[0]
    integral = np.cumsum(hat) * step
    picked = (np.arange(width * (x[-1] - x[0]) + 1) / (width * step)).astype(int)
    return integral[picked[picked < len(integral)]][::-1].copy()


def wavelet(values: np.ndarray, offsets: np.ndarray, width: int, count: int) -> np.ndarray:
    """First coefficients of the wavelet transform with a Mexican hat; shape (m, count).

    Parameters
    ----------
    values, offsets : numpy.ndarray
        Series laid end to end, and where each begins.
    width : int
        Of the wavelet, in samples.
    count : int
        Coefficients wanted; NaN beyond the end of a series.
    """
    return correlate(values, offsets, _mexican_hat(width), np.sqrt(width), count)
