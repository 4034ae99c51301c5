"""Curves thinned for a picture so that no spike is lost: extremes, never strides."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from softbreak.compiled import exact

_NARROW: Final = 32
"""In buckets of so few samples numpy takes longer to begin with each than to search it."""


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
    if width <= _NARROW:
        chosen = np.empty(2 * (whole + 2), dtype=np.int64)
        return chosen[: _search(values.astype(np.float64), width, chosen)]
    block = values[: whole * width].reshape(whole, width)
    found = np.stack([block.argmin(axis=1), block.argmax(axis=1)], axis=1)
    found.sort(axis=1)
    found += np.arange(whole)[:, None] * width
    rest = values[whole * width :]
    last = sorted([int(rest.argmin()), int(rest.argmax())]) if len(rest) else []
    # in order as they come: np.unique, which sorts and hashes, takes longer than all the rest
    ends = [whole * width + place for place in last] + [count - 1]
    chosen = np.concatenate([[0], found.ravel(), ends])
    return chosen[np.append(True, chosen[1:] != chosen[:-1])]


@exact
def _search(values: Any, width: int, chosen: Any) -> int:
    """Write first and last sample, and the first lowest and highest of each bucket; NaN is both.

    In order, each once; return how many.
    """
    chosen[0], count = 0, 1
    for first in range(0, len(values), width):
        low = high = first
        least = most = values[first]
        for n in range(first, min(first + width, len(values))):
            value = values[n]
            if value < least:
                least, low = value, n
            elif value > most:
                most, high = value, n
            elif np.isnan(value):
                low = high = n
                break
        for place in (min(low, high), max(low, high)):
            if place != chosen[count - 1]:
                chosen[count] = place
                count += 1
    if chosen[count - 1] != len(values) - 1:
        chosen[count] = len(values) - 1
        count += 1
    return count
