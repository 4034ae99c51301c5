"""How the arithmetic of models is compiled."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

from numba import njit

_Kernel = TypeVar("_Kernel", bound=Callable[..., Any])
_RULES: Final = ("arithmetic", "codes", "memory", "kernel", "short", "slow")


def _newest() -> tuple[tuple[str, int], ...]:
    """When each of the modules whose kernels call one another was last changed."""
    folder = Path(__file__).parent
    paths = [folder / "rules" / f"{name}.py" for name in _RULES]
    paths += [folder / "forest.py", folder / "hybrid_score.py"]
    return tuple((path.name, path.stat().st_mtime_ns) for path in paths)


_STAMP: Final = _newest()


def compiled(kernel: _Kernel) -> _Kernel:
    """Compile as written, and let the result expire with any module that it may be built from.

    numba keeps compiled code until the kernel's own file changes; what it calls is compiled into
    it, and a change there would go unseen (as in :mod:`softbreak.features.compiled`).
    """
    dispatcher: Any = njit(cache=True, nogil=True)(kernel)
    file = getattr(getattr(dispatcher, "_cache", None), "_cache_file", None)
    if file is not None:  # none where no folder can be written
        file._source_stamp = (file._source_stamp, _STAMP)
    made: _Kernel = dispatcher
    return made
