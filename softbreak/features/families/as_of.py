"""What earlier rows say: running extremes, the first, the last. No row looks ahead."""

from __future__ import annotations

import numpy as np


def earlier_max(values: np.ndarray) -> np.ndarray:
    """Largest finite value of the rows before each row.

    Parameters
    ----------
    values : numpy.ndarray, shape (n,)

    Returns
    -------
    numpy.ndarray, shape (n,)
        NaN where no row before holds a number.
    """
    return _shifted(np.fmax.accumulate(values)) if len(values) else values


def earlier_min(values: np.ndarray) -> np.ndarray:
    """Smallest finite value of the rows before each row; see :func:`earlier_max`."""
    return _shifted(np.fmin.accumulate(values)) if len(values) else values


def earlier(values: np.ndarray) -> np.ndarray:
    """Return the last finite value before each row (NaN where there is none)."""
    if not len(values):
        return values
    index = np.where(np.isfinite(values), np.arange(len(values)), -1)
    last = np.maximum.accumulate(index)
    return _shifted(np.where(last >= 0, values[last], np.nan))


def reference(values: np.ndarray) -> np.ndarray:
    """First finite value, for the rows after it; NaN for it and those before.

    Parameters
    ----------
    values : numpy.ndarray, shape (n,)
    """
    finite = np.flatnonzero(np.isfinite(values))
    out = np.full(len(values), np.nan)
    if len(finite):
        out[finite[0] + 1 :] = values[finite[0]]
    return out


def as_of(times: np.ndarray, moments: np.ndarray) -> np.ndarray:
    """Return the last row that was complete at each moment.

    Parameters
    ----------
    times : numpy.ndarray, shape (n,)
        When each row was complete (s), ascending.
    moments : numpy.ndarray, shape (m,)
        s.

    Returns
    -------
    numpy.ndarray of int, shape (m,)
        -1 where none was.
    """
    return np.searchsorted(times, moments, side="right") - 1


def taken(values: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return values of rows that :func:`as_of` found; NaN where there is none."""
    if not len(values):
        return np.full(len(rows), np.nan)
    return np.where(rows >= 0, values[np.maximum(rows, 0)], np.nan)


def _shifted(values: np.ndarray) -> np.ndarray:
    return np.concatenate(([np.nan], values[:-1]))
