"""What a law set must bring: how contact, interphase and the electronic path evolve.

A set is chosen by the dtype of its hidden state (the compiler picks the kernels that a set
registers with ``numba.extending.overload``), so that no set knows of another.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numba.core import types
from numba.extending import overload

Kernel = Callable[..., None]


def install(cell: Any, state: Any, law: Any) -> None:
    """Bring contact and interphase of a new cell into its state."""
    raise NotImplementedError


def conduct(cell: Any, state: Any, law: Any) -> None:
    """Set the electronic conductances of the state at its present temperature.

    A path that blinks faster than anything is sampled goes into ``blink``, ``duty`` and
    ``closed``, all else into ``g`` and the tunnelling law.
    """
    raise NotImplementedError


def advance(  # (a contract)
    cell: Any,
    state: Any,
    law: Any,
    flow: tuple[float, float, float],
    keys: tuple[int, int],
) -> None:
    """Let contact, interphase and electronic path run on.

    ``flow`` is (ionic current density A cm⁻², internal voltage V, seconds); ``keys`` are
    (seed, identity of the cell).
    """
    raise NotImplementedError


def register(field: str, own_install: Kernel, own_conduct: Kernel, own_advance: Kernel) -> None:
    """Let the compiler choose a set's kernels for hidden states that have a certain field.

    Parameters
    ----------
    field : str
        A field of the set's dtype that no other set has.
    own_install, own_conduct, own_advance : callable
        Plain functions that numba can compile, with the arguments of the contract above.
    """

    def is_mine(law: Any) -> bool:
        return isinstance(law, types.Record) and field in law.fields

    @overload(install, strict=False)
    def _(cell: Any, state: Any, law: Any) -> Kernel | None:  # noqa: ARG001 (numba matches names)
        return own_install if is_mine(law) else None

    @overload(conduct, strict=False)
    def _(cell: Any, state: Any, law: Any) -> Kernel | None:  # noqa: ARG001
        return own_conduct if is_mine(law) else None

    @overload(advance, strict=False)
    def _(
        cell: Any,  # noqa: ARG001
        state: Any,  # noqa: ARG001
        law: Any,
        flow: Any,  # noqa: ARG001
        keys: Any,  # noqa: ARG001
    ) -> Kernel | None:
        return own_advance if is_mine(law) else None


@dataclass(frozen=True)
class LawSet:
    """One consistent way in which cells age, break and are disturbed.

    Attributes
    ----------
    name : {"a", "b", "c"}
    dtype : numpy.dtype
        Of the hidden state.
    draw : callable
        ``Plan -> array of dtype``: constants of the laws for each cell.
    disturb : callable
        Compiled kernel that turns true rows into measured ones.
    sampling : callable
        ``Plan -> (interval, trigger)``: when a cycler of this world writes a row (s, V).
    """

    name: str
    dtype: np.dtype
    draw: Callable[..., np.ndarray]
    disturb: Callable[..., None]
    sampling: Callable[..., tuple[np.ndarray, np.ndarray]]
