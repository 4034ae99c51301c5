"""What the voltage rule remembers of a cell's past, and what it is told: flat records.

The rule (:mod:`softbreak.models.rules.kernels.voltage_decision`) is compiled; all that it reads and
writes lies in these records, so that a live cell keeps them and a whole history folds
over them.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from softbreak.data.record import Cell
from softbreak.features.kernels.slow_polarisation import OUTPUTS as SLOW_OUTPUTS
from softbreak.features.kernels.slow_polarisation import STATE_SIZE as SLOW_SIZE
from softbreak.models.rules import thresholds as limits
from softbreak.verdict import HARD_FROM, HEALTHY_BELOW

KEPT_STEPS: Final = 20
MEMORY: Final = np.dtype(
    [
        ("reference_kelvin", "<f8"),
        ("early", "<f8", (limits.BASELINE_CYCLES,)),
        ("counted_early", "<i8"),
        ("base", "<f8"),
        ("top", "<f8"),
        ("late", "<f8"),
        ("whole", "<f8"),
        ("current", "<f8"),
        ("shift", "<f8"),
        ("anchor_late", "<f8"),
        ("anchor_whole", "<f8"),
        ("anchor_cycle", "<i8"),
        ("anchor_time", "<f8"),
        ("lowest", "<f8"),
        ("deepest", "<f8"),
        ("risen", "<f8"),
        ("steps", "<f8", (KEPT_STEPS,)),
        ("counted_steps", "<i8"),
        ("doubt_level", "<f8"),
        ("doubt_kind", "<i8"),
        ("doubt_change", "<f8"),
        ("doubt_time", "<f8"),
        ("warm", "<i8"),
        ("warm_now", "<i8"),
        ("warmth", "<f8"),
        ("moved", "<f8"),
        ("duration", "<f8"),
        ("directions", "<i8"),
        ("largest_ohm", "<f8"),
        ("raised", "<f8"),
        ("raised_top", "<f8"),
        ("shorts", "<i8"),
        ("ended", "<f8"),
        ("seen", "<i8"),
        ("regimes", "<i8"),
        ("creep", "<f8", (SLOW_SIZE,)),
        ("slow", "<f8", (SLOW_OUTPUTS,)),
    ]
)
"""What is remembered of the cycles so far: all of it causal. Levels are ln R at the reference
temperature and the first current."""
_UNKNOWN: Final = (
    "reference_kelvin",
    "early",
    "base",
    "late",
    "whole",
    "current",
    "anchor_late",
    "anchor_whole",
    "anchor_time",
    "lowest",
    "doubt_level",
    "duration",
    "warmth",
    "moved",
    "raised",
    "ended",
    "creep",
    "slow",
)

KNOWN: Final = np.dtype(
    [("floor_ohm", "<f8"), ("stated_celsius", "<f8"), ("area_cm2", "<f8"), ("logged", "<i8")]
)
"""What is known of the cell beforehand; NaN where it is not, and 1 where temperature is logged."""

SEEN: Final = (
    "start_time_second",
    "end_time_second",
    "current_ampere",
    "resistance_ohm",
    "late_resistance_ohm",
    "noise",
    "temperature_celsius",
    "directions",
    "excursions",
    "interval_second",
)
"""Columns of :data:`softbreak.features.kernels.cycle.CYCLE_COLUMNS` that the rule sees."""
CYCLE: Final = np.dtype([(name, "<f8") for name in ("cycle_index", *SEEN, "slow_ohm")])
"""What the rule sees of one cycle; ``slow_ohm`` is how far V rises within its half-cycles, over the
current."""

SAID: Final = np.dtype(
    [
        ("state", "<i8"),
        ("p_healthy", "<f8"),
        ("p_soft", "<f8"),
        ("p_hard", "<f8"),
        ("eta", "<f8"),
        ("lower", "<f8"),
        ("upper", "<f8"),
        ("transient", "<i8"),
        ("reason", "<i8"),
        ("a", "<f8"),
        ("b", "<f8"),
        ("c", "<f8"),
        ("d", "<f8"),
        ("found", "<i8"),
        ("change", "<f8"),
        ("time", "<f8"),
        ("before", "<f8"),
        ("after", "<f8"),
        ("certified", "<i8"),
        ("ratio", "<f8"),
        ("ohm", "<f8"),
        ("floor", "<f8"),
        ("least", "<f8"),
        ("ended", "<f8"),
        ("creep_left", "<f8"),
    ]
)
"""What the rule says of a cycle: the numbers of the verdict, and which sentences to say with which
arguments (:mod:`softbreak.models.rules.sentences`)."""

REGIME: Final = np.dtype([("current", "<f8"), ("duration", "<f8"), ("shift", "<f8"), ("used", "?")])
"""A slot of the table of currents and durations that were met, and the shift of ln R at each."""
FEWEST_SLOTS: Final = 32


def _nothing_known() -> bytes:
    memory = np.zeros(1, MEMORY)
    for name in _UNKNOWN:
        memory[name] = np.nan
    memory["top"] = -np.inf
    return memory.tobytes()


_NOTHING_KNOWN: Final = _nothing_known()


def new_memory() -> np.ndarray:
    """Return the memory of a cell that nothing is known of yet, shape (1,)."""
    return np.ndarray((1,), MEMORY, bytearray(_NOTHING_KNOWN))


def new_regimes(cycles: int) -> np.ndarray:
    """Return an empty table of regimes with room for so many cycles.

    Parameters
    ----------
    cycles : int
    """
    slots = FEWEST_SLOTS
    while slots < 2 * (cycles + 1):
        slots *= 2
    return np.zeros(slots, REGIME)


def known_of(cell: Cell, *, temperature_logged: bool) -> np.ndarray:
    """Return what is known of a cell as the kernel wants it, shape (1,).

    Parameters
    ----------
    cell : Cell
    temperature_logged : bool
        Whether the history holds a temperature that can move.
    """
    numbers = (cell.ionic_floor_ohm, cell.temperature_celsius, cell.area_cm2 or None)
    told = tuple(np.nan if value is None else float(value) for value in numbers)
    return np.array([(*told, int(temperature_logged))], KNOWN)


def _limits() -> np.ndarray:
    found = {name: v for name, v in vars(limits).items() if isinstance(v, int | float)}
    found |= {"HARD_FROM": HARD_FROM, "HEALTHY_BELOW": HEALTHY_BELOW, "SQUARE": 2.0}
    return np.array([tuple(found.values())], np.dtype([(name, "<f8") for name in found]))


LIMITS: Final = _limits()
"""Every threshold as one record, for compiled code to be given: a number can be changed, as a test
or a study may want, without compiling anew."""
