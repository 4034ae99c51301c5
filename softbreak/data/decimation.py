"""Curves thinned for a picture so that no spike is lost: extremes, never strides."""

from __future__ import annotations

import numpy as np


def min_max_samples(values: np.ndarray, buckets: int) -> np.ndarray:
    """Choose the lowest and the highest sample of each bucket, in order.

    Parameters
    ----------
    values : numpy.ndarray, shape (n,)
    buckets : int
        At most twice as many samples are chosen, with the first and the last among them.

    Returns
    -------
    numpy.ndarray of int
        Sorted sample numbers; all of them where there are few.
    """
    count = len(values)
    if count <= 2 * buckets:
        return np.arange(count)
    width = -(-count // buckets)
    whole = count // width
    block = values[: whole * width].reshape(whole, width)
    base = np.arange(whole) * width
    chosen = [base + block.argmin(axis=1), base + block.argmax(axis=1), np.array([0, count - 1])]
    rest = values[whole * width :]
    if len(rest):
        chosen.append(whole * width + np.array([rest.argmin(), rest.argmax()]))
    return np.unique(np.concatenate(chosen))
