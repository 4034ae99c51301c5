"""How the arithmetic of models is compiled."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

from numba import njit

from softbreak.features.compiled import changed, expiring

_Kernel = TypeVar("_Kernel", bound=Callable[..., Any])
_FOLDER: Final = Path(__file__).parent
_NAMES: Final = ("arithmetic", "codes", "memory", "kernel", "short", "slow")
_STAMP: Final = changed(
    [_FOLDER / "rules" / f"{name}.py" for name in _NAMES]
    + [_FOLDER / "forest.py", _FOLDER / "hybrid_score.py"]
)


def compiled(kernel: _Kernel) -> _Kernel:
    """Compile as written; what is kept of it expires with any kernel that it may call."""
    made: _Kernel = expiring(njit(cache=True, nogil=True)(kernel), _STAMP)
    return made
