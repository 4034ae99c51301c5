"""How kernels are compiled."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

from numba import njit

_Kernel = TypeVar("_Kernel", bound=Callable[..., Any])


def _newest() -> tuple[tuple[str, int], ...]:
    """When each of the modules whose kernels call one another was last changed."""
    folder = Path(__file__).parent
    named = ("events.py", "half_cycle.py", "history.py", "cycle_inputs.py")
    others = [folder / name for name in named]
    others += [folder.parent / "data" / name for name in ("clock.py", "segment.py")]
    shared = [*sorted(folder.glob("_*.py")), *others]
    return tuple((path.name, path.stat().st_mtime_ns) for path in shared)


_STAMP: Final = _newest()


def exact(kernel: _Kernel) -> _Kernel:
    """Compile as written; a division by zero gives infinity or NaN, and raises nothing."""
    return _stamped(njit(cache=True, nogil=True, error_model="numpy")(kernel))


def fast(kernel: _Kernel) -> _Kernel:
    """Compile for finite numbers only: sums in any order, at the full width of the processor."""
    reordered = {"reassoc", "contract", "nsz", "nnan"}
    decorate = njit(cache=True, nogil=True, error_model="numpy", fastmath=reordered)
    return _stamped(decorate(kernel))


def _stamped(dispatcher: Any) -> Any:
    """Let the compiled code expire with any module that it may have been built from.

    numba keeps compiled code until the kernel's own file changes; what it calls is compiled into
    it, and a change there would go unseen.
    """
    file = getattr(getattr(dispatcher, "_cache", None), "_cache_file", None)
    if file is not None:  # none where no folder can be written
        file._source_stamp = (file._source_stamp, _STAMP)
    return dispatcher
