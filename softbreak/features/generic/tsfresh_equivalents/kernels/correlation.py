"""The sum of a series with a kernel around each sample, as NumPy's convolution adds it."""

from __future__ import annotations

import numpy as np

from softbreak.compiled import strict
from softbreak.features.generic.tsfresh_equivalents.kernels.numpy_arithmetic import paired_sum


@strict
def correlate(values, offsets, kernel, scale, count):
    """−scale times the differences of the full convolution, from its centred part."""
    out = np.full((len(offsets) - 1, count), np.nan)
    size = len(kernel)
    skip = (size - 2) // 2  # of n + size − 2 differences the middle n are kept
    products = np.empty(size)
    for m in range(len(offsets) - 1):
        x = values[offsets[m] : offsets[m + 1]]
        before = 0.0
        for k in range(skip, skip + min(count, len(x)) + 1):
            found = 0
            for j in range(max(0, k - len(x) + 1), min(k, size - 1) + 1):
                products[found] = x[k - j] * kernel[j]
                found += 1
            here = paired_sum(products, 0, found)
            if k > skip:
                out[m, k - skip - 1] = -scale * (here - before)
            before = here
    return out
