"""Numbers for states and reasons, as compiled code writes them."""

from __future__ import annotations

from typing import Final

from softbreak.verdict import State

HEALTHY, SOFT, HARD, OPEN = range(4)
STATES: Final = (State.HEALTHY, State.SOFT, State.HARD, State.UNDETERMINED)
"""States by number."""

(
    MISSING,
    LOST,
    NEGATIVE,
    ONE_SIDED,
    DEAD,
    THIN,
    FAR,
    GROWN,
    FALLEN,
    CONDUCTING,
    SHIFTED,
    DOUBTED,
    STEADY,
    STEADY_CORRECTED,
    FIRST,
    SHORT,
    RETURNED,
    FAINT,
    BELOW,
    ONLY_GREW,
    CREEP_FELL,
) = range(21)
"""Why a state is said; the sentences stand in :mod:`softbreak.models.rules.sentences`."""

NOTHING, DROP, STEP = range(3)
"""What began the short in this very cycle."""

CREPT, STEPPED_EARLY, STEPPED_UNLOGGED, STEPPED_MOVING = range(4)
"""What an unexplained fall was."""

NOT_CERTIFIED, CERTIFIED, ALSO_CERTIFIED = range(3)
"""Whether V/I is below the bare electrolyte's: instead of the reason, or besides."""
