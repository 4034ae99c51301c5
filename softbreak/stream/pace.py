"""How often a watch stores what."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pace:
    """How often what is stored.

    Attributes
    ----------
    checkpoint_second : float
        A cell's state is stored so long after its first unstored row.
    group_second : float
        Chunks are gathered into one transaction for so long; an alarm waits no longer.
    group_chunks : int
        Or until they are so many.
    checkpoints : int
        So many cells' states go into one transaction at most, unless the watch ends.
    share : float
        At most so much of the time goes into storing states: with very many cells they wait
        longer, and alarms do not.
    """

    checkpoint_second: float = 5.0
    group_second: float = 0.2
    group_chunks: int = 2000
    checkpoints: int = 200
    share: float = 0.2
