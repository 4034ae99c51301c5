"""Order statistics without sorting everything: one distribution into buckets answers them all.

The results are exact: a bucket only narrows down where to look.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from softbreak.compiled import exact, fast

BUCKETS: Final = 128
"""Equal steps between the smallest and the largest value."""
OCTAVE_BUCKETS: Final = 512
"""Sixteen to an octave, 32 octaves down from the largest value."""
ROUNDING: Final = 1e-9
"""A quantile is reached when its share of the weight is, but for rounding."""
_SMALL: Final = 24
_SHIFT: Final = 48


@fast
def place_in_buckets(values, low, high, places):
    """Write the bucket of each value; ``high`` is above ``low``."""
    scale = BUCKETS / (high - low)
    for k in range(len(values)):
        places[k] = np.uint32(min((values[k] - low) * scale, BUCKETS - 1.0))


@exact
def bucket_sums(values, weights, places, sums):
    """Fill Σw and Σwv of each bucket, shape (2, BUCKETS)."""
    weight, moment = sums[0], sums[1]
    weight[:] = 0.0
    moment[:] = 0.0
    for k in range(len(values)):
        b = places[k]
        weight[b] += weights[k]
        moment[b] += weights[k] * values[k]


@exact
def weighted_quantiles(shares, total, values, weights, places, weight, keys, marks, tables, out):
    """Smallest value at which each share of the total weight is reached; shares ascend.

    Parameters
    ----------
    shares : tuple of float
    total : float
        Σw.
    values, weights, places : numpy.ndarray, shape (n,)
    weight : numpy.ndarray, shape (BUCKETS,)
        Σw of each bucket.
    keys, marks : numpy.ndarray of float, shape (n,), and of uint32, shape (2, n)
        Overwritten.
    tables : numpy.ndarray of int32, shape (3 or more, BUCKETS + 100 or more)
        Overwritten.
    out : numpy.ndarray, shape (len(shares),)
    """
    wanted, chosen, begin = tables[0, :BUCKETS], tables[1], tables[2]
    wanted[:] = 0
    b = groups = 0
    reached = 0.0
    for q in range(len(shares)):
        target = (shares[q] - ROUNDING) * total
        while b < BUCKETS - 1 and reached + weight[b] < target:
            reached += weight[b]
            b += 1
        if wanted[b] == 0:
            groups += 1
            wanted[b] = groups
        chosen[q] = wanted[b] - 1
        out[q] = reached
    index = marks[1]
    _gather(values, places, wanted, groups, marks[0], begin, keys, index)
    group = -1
    j = end = 0
    so_far = 0.0
    for q in range(len(shares)):
        if chosen[q] != group:
            group = chosen[q]
            j, end = begin[group], begin[group + 1]
            if end - j <= _SMALL:
                _insert_pairs(keys[j:end], index[j:end])
            else:
                _sort_pairs(keys[j:end], index[j:end], tables[0, BUCKETS:])
            so_far = out[q] + weights[index[j]]
        target = (shares[q] - ROUNDING) * total
        while so_far < target and j + 1 < end:
            j += 1
            so_far += weights[index[j]]
        out[q] = keys[j]


@exact
def _gather(values, places, wanted, groups, found, begin, keys, index):
    """Collect the samples of wanted buckets, bucket by bucket, and where each begins."""
    count = 0
    for k in range(len(values)):
        found[count] = k
        count += wanted[places[k]] > 0
    begin[: groups + 2] = 0
    for j in range(count):
        begin[wanted[places[found[j]]] + 1] += 1
    for g in range(1, groups + 2):
        begin[g] += begin[g - 1]
    for j in range(count):
        k = found[j]
        g = wanted[places[k]]
        keys[begin[g]], index[begin[g]] = values[k], k
        begin[g] += 1


@exact
def _sort_pairs(keys, others, stack):
    """Sort by key, in place.

    In three parts (smaller, equal, larger) until few are left: a converter's steps make many
    equal. By a heap where the parts do not get smaller, as may be in a file made for it.
    ``stack`` has room for two numbers for each doubling of their count.
    """
    start, stop = 0, len(keys)
    waiting = 0
    patience = 40 * len(keys)
    while True:
        if stop - start > _SMALL and patience > 0:
            low, high = _part_pairs(keys[start:stop], others[start:stop])
            patience -= stop - start
            low, high = start + low, start + high
            if low - start < stop - high:
                stack[waiting], stack[waiting + 1] = high, stop
                stop = low
            else:
                stack[waiting], stack[waiting + 1] = start, low
                start = high
            waiting += 2
            continue
        if stop - start > _SMALL:
            _heap_sort_pairs(keys[start:stop], others[start:stop])
        else:
            _insert_pairs(keys[start:stop], others[start:stop])
        if waiting == 0:
            return
        waiting -= 2
        start, stop = stack[waiting], stack[waiting + 1]


@exact
def _insert_pairs(keys, others):
    """Sort few by insertion."""
    for k in range(1, len(keys)):
        key, other = keys[k], others[k]
        j = k
        while j > 0 and keys[j - 1] > key:
            keys[j], others[j] = keys[j - 1], others[j - 1]
            j -= 1
        keys[j], others[j] = key, other


@exact
def _part_pairs(keys, others):
    """Part into smaller, equal and larger than one; return where the equal begin and end."""
    a, b, c = keys[0], keys[len(keys) // 2], keys[len(keys) - 1]
    pivot = max(min(a, b), min(max(a, b), c))
    low = k = 0
    high = len(keys)
    while k < high:
        key = keys[k]
        if key < pivot:
            keys[k], keys[low] = keys[low], key
            others[k], others[low] = others[low], others[k]
            low += 1
            k += 1
        elif key > pivot:
            high -= 1
            keys[k], keys[high] = keys[high], key
            others[k], others[high] = others[high], others[k]
        else:
            k += 1
    return low, high


@exact
def _heap_sort_pairs(keys, others):
    n = len(keys)
    for root in range(n // 2 - 1, -1, -1):
        _sift(keys, others, root, n)
    for end in range(n - 1, 0, -1):
        keys[0], keys[end] = keys[end], keys[0]
        others[0], others[end] = others[end], others[0]
        _sift(keys, others, 0, end)


@exact
def _sift(keys, others, root, end):
    key, other = keys[root], others[root]
    while True:
        child = 2 * root + 1
        if child >= end:
            break
        if child + 1 < end and keys[child + 1] > keys[child]:
            child += 1
        if keys[child] <= key:
            break
        keys[root], others[root] = keys[child], others[child]
        root = child
    keys[root], others[root] = key, other


@exact
def lower_median(sizes, bits, places, tables, scratch):
    """Middle value (the lower of two) of values that are not negative.

    Parameters
    ----------
    sizes : numpy.ndarray, shape (n,)
    bits : numpy.ndarray of int64, shape (n,)
        The same memory: the bits of positive numbers rise with the numbers.
    places : numpy.ndarray of uint32, shape (n or more,)
    tables : numpy.ndarray of int32, shape (1 or more, OCTAVE_BUCKETS)
    scratch : numpy.ndarray, shape (n or more,)
    """
    n = len(sizes)
    top = largest_integer(bits) >> _SHIFT
    for k in range(n):
        step = top - (bits[k] >> _SHIFT)
        places[k] = step if step < OCTAVE_BUCKETS else OCTAVE_BUCKETS - 1
    counts = tables[0]
    counts[:] = 0
    for k in range(n):
        counts[places[k]] += 1
    above = n - 1 - (n - 1) // 2  # so many values stand above it
    b = 0
    while above >= counts[b]:
        above -= counts[b]
        b += 1
    found = 0
    for k in range(n):
        scratch[found] = sizes[k]
        found += places[k] == b
    return _select(scratch[:found], found - 1 - above)


@exact
def _select(values, rank):
    """Value of that rank (Hoare's algorithm; reorders the values)."""
    low, high = 0, len(values) - 1
    while low < high:
        pivot = values[(low + high) // 2]
        i, j = low, high
        while i <= j:
            while values[i] < pivot:
                i += 1
            while values[j] > pivot:
                j -= 1
            if i <= j:
                values[i], values[j] = values[j], values[i]
                i += 1
                j -= 1
        if rank <= j:
            high = j
        elif rank >= i:
            low = i
        else:
            break
    return values[rank]


@exact
def largest_integer(integers):
    """Largest of integers that are not negative."""
    found = np.int64(0)
    for k in range(len(integers)):
        x = integers[k]
        found = x if x > found else found
    return found


@exact
def smallest_positive(integers):
    """Smallest of the integers above zero, or the largest integer there is."""
    found = np.int64(0x7FFFFFFFFFFFFFFF)
    for k in range(len(integers)):
        x = integers[k]
        found = x if 0 < x < found else found
    return found


@exact
def extremes(bits, pair, pair_bits):
    """Smallest and largest value of the numbers whose bits are given.

    A processor compares whole rows of integers at once. The bits of negative numbers fall as the
    numbers rise, so all but their sign are turned over. ``pair`` and ``pair_bits`` are the same
    memory, two numbers long.
    """
    low, high = np.int64(0x7FFFFFFFFFFFFFFF), np.int64(-0x7FFFFFFFFFFFFFFF)
    for k in range(len(bits)):
        x = bits[k]
        x ^= (x >> 63) & np.int64(0x7FFFFFFFFFFFFFFF)
        low = x if x < low else low
        high = x if x > high else high
    pair_bits[0] = low ^ ((low >> 63) & np.int64(0x7FFFFFFFFFFFFFFF))
    pair_bits[1] = high ^ ((high >> 63) & np.int64(0x7FFFFFFFFFFFFFFF))
    return pair[0], pair[1]
