"""Numbers for states, reasons, findings and wishes, as compiled code writes them."""

from __future__ import annotations

from typing import Final

from softbreak.models.rules.thresholds import (
    BELOW_FLOOR,
    CREEP,
    NOT_MEASURED,
    SHORT_ENDED,
    UNFINISHED,
)
from softbreak.models.verdicts import HARD, HEALTHY, OPEN, SOFT, STATES

__all__ = ["HARD", "HEALTHY", "OPEN", "SOFT", "STATES"]

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
REASONS: Final = range(21)

(
    DROPPED,
    STEPPED,
    ENDED,
    CERTIFICATE,
    CREEP_LOST,
    MISSTATED,
    SETTLED,
    UNBOUNDED,
    WITHDRAWN,
    CREPT_ALONE,
    UNFAMILIAR,
    LEARNED,
) = range(21, 33)
"""What else is said of a cycle: the last seven by a learned score
(:mod:`softbreak.models.learned.sentences`)."""

NOTHING, DROP, STEP = range(3)
"""What began the short in this very cycle."""

CREPT, STEPPED_EARLY, STEPPED_UNLOGGED, STEPPED_MOVING = range(4)
"""What an unexplained fall was."""

NOT_CERTIFIED, CERTIFIED, ALSO_CERTIFIED = range(3)
"""Whether V/I is below the bare electrolyte's: instead of the reason, or besides."""

FEATURES: Final = (
    "",
    "undetermined",
    NOT_MEASURED,
    UNFINISHED,
    BELOW_FLOOR,
    "abrupt_drop_ln_resistance",
    "step_ln_resistance",
    SHORT_ENDED,
    "resistance_over_ionic_floor",
    "area_specific_resistance",
    "growth_ln_resistance",
    "decline_ln_resistance",
    "resistance_over_anchor",
    "impedance_electronic_fraction",
    "misstated",
    "electronic_fraction_upper",
    "contradiction",
    CREEP,
    "novelty",
    "learned_probability_of_short",
)
"""What evidence is called, by number."""
(
    _,
    F_UNDETERMINED,
    F_NOT_MEASURED,
    F_UNFINISHED,
    F_BELOW_FLOOR,
    F_DROP,
    F_STEP,
    F_ENDED,
    F_FLOOR,
    F_AREAL,
    F_GROWTH,
    F_DECLINE,
    F_ANCHOR,
    F_IMPEDANCE,
    F_MISSTATED,
    F_UPPER,
    F_CONTRADICTION,
    F_SLOW,
    F_NOVELTY,
    F_LEARNED,
) = range(len(FEATURES))

_WISHES: Final = (
    LOST,
    NEGATIVE,
    THIN,
    FAR,
    GROWN,
    FALLEN,
    SHIFTED,
    DOUBTED,
    BELOW,
    RETURNED,
    FAINT,
)
"""Reasons that wish for a measurement."""
WISH: Final = tuple(
    len(FEATURES) + _WISHES.index(reason) if reason in _WISHES else 0 for reason in REASONS
)
"""Where the wish of each reason stands among the texts that verdicts share."""
WISH_MISSTATED: Final = len(FEATURES) + len(_WISHES)
WISH_LEARNED: Final = WISH_MISSTATED + 1
"""The same of what a learned score leaves open."""


def shared_texts(wishes: dict[int, str], misstated: str, learned: str) -> tuple[str, ...]:
    """Return the texts that all verdicts share: names of evidence, then wishes.

    Parameters
    ----------
    wishes : dict
        By reason.
    misstated, learned : str
        Where numbers of the cell are in doubt, and where a learned score leaves it open.
    """
    return (*FEATURES, *(wishes[reason] for reason in _WISHES), misstated, learned)
