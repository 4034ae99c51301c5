"""How kernels are compiled."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final, TypeVar

from numba import njit

_Kernel = TypeVar("_Kernel", bound=Callable[..., Any])


Stamp = tuple[tuple[str, int], ...]


def changed(paths: Iterable[Path]) -> Stamp:
    """When each of some modules was last changed."""
    return tuple((path.name, path.stat().st_mtime_ns) for path in paths)


def _shared() -> list[Path]:
    """The modules whose kernels call one another."""
    folder = Path(__file__).parent
    named = ("events.py", "half_cycle.py", "history.py", "cycle_inputs.py")
    others = [folder / name for name in named]
    others += [folder.parent / "data" / name for name in ("clock.py", "segment.py")]
    return [*sorted(folder.glob("_*.py")), *others]


_STAMP: Final = changed(_shared())


def exact(kernel: _Kernel) -> _Kernel:
    """Compile as written; a division by zero gives infinity or NaN, and raises nothing."""
    return expiring(njit(cache=True, nogil=True, error_model="numpy")(kernel), _STAMP)


def fast(kernel: _Kernel) -> _Kernel:
    """Compile for finite numbers only: sums in any order, at the full width of the processor."""
    reordered = {"reassoc", "contract", "nsz", "nnan"}
    decorate = njit(cache=True, nogil=True, error_model="numpy", fastmath=reordered)
    return expiring(decorate(kernel), _STAMP)


def expiring(dispatcher: Any, stamp: Stamp) -> Any:
    """Let compiled code expire with any module that it may have been built from.

    numba keeps compiled code until the kernel's own file changes; what it calls is compiled into
    it, and a change there would go unseen.

    Parameters
    ----------
    dispatcher : numba.core.dispatcher.Dispatcher
        A kernel that is cached.
    stamp : tuple
        Of those modules: :func:`changed`.
    """
    file = getattr(getattr(dispatcher, "_cache", None), "_cache_file", None)
    if file is not None:  # none where no folder can be written
        file._source_stamp = (file._source_stamp, stamp)
    return dispatcher
