"""What the voltage rule remembers of a cell's past."""

from __future__ import annotations

import math
from dataclasses import dataclass, field


@dataclass(slots=True)
class Memory:
    """What the rule remembers of the cell's past: all of it causal."""

    reference_kelvin: float = math.nan
    early: list[float] = field(default_factory=list)
    base: float = math.nan
    top: float = -math.inf
    late: float = math.nan
    whole: float = math.nan
    current: float = math.nan
    shift: float = 0.0
    shifts: dict[tuple[int, int], float] = field(default_factory=dict)
    anchor_late: float = math.nan
    anchor_whole: float = math.nan
    anchor_cycle: int = 0
    lowest: float = math.nan
    deepest: float = 0.0
    risen: float = 0.0
    anchor_time: float = math.nan
    steps: list[float] = field(default_factory=list)
    doubt_level: float = math.nan
    doubt_reason: str = ""
    warm: bool = False
    duration: float = math.nan
    directions: int = 0
    largest_ohm: float = 0.0
    seen: int = 0
