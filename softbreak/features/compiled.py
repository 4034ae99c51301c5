"""How kernels are compiled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import njit

_Kernel = TypeVar("_Kernel", bound=Callable[..., Any])


def exact(kernel: _Kernel) -> _Kernel:
    """Compile as written; a division by zero gives infinity or NaN, and raises nothing."""
    return cast(_Kernel, njit(cache=True, nogil=True, error_model="numpy")(kernel))


def fast(kernel: _Kernel) -> _Kernel:
    """Compile for finite numbers only: sums in any order, at the full width of the processor."""
    reordered = {"reassoc", "contract", "nsz", "nnan"}
    decorate = njit(cache=True, nogil=True, error_model="numpy", fastmath=reordered)
    return cast(_Kernel, decorate(kernel))
