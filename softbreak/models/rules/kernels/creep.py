"""What slow polarisation adds to the voltage rule, after its conclusions were written.

Growth alone moves V/I and leaves the creep within a half-cycle; a short moves both, the creep by
the square. See :mod:`softbreak.features.kernels.slow_polarisation`.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np

from softbreak.compiled import strict
from softbreak.features.kernels.slow_polarisation import electronic_bounds, follow_slow
from softbreak.models.rules.kernels import codes
from softbreak.models.rules.kernels.arithmetic import chances, larger, say, smaller

CONDUCTS_BETTER: Final = 1.35
"""Factor that the ionic path may conduct better by, meanwhile …"""
GREW_MEANWHILE: Final = 0.2
"""… and what its growth may hide of η_e, beyond the fall of V/I."""


@strict
def follow_creep(m: Any, cycle: Any, late: float, warmth: float) -> None:
    """Compare the creep of a cycle with that of the first ones: into ``m.slow``."""
    timed = np.empty(4)
    timed[0], timed[3] = cycle.slow_ohm, cycle.interval_second
    timed[1], timed[2] = cycle.start_time_second, cycle.end_time_second
    current = math.log(larger(cycle.current_ampere, 1e-15))
    drift = m.moved if math.isfinite(m.moved) else 0.0
    follow_slow(m.creep, timed, (current, warmth, late, drift), m.slow)


@strict
def weigh_creep(m: Any, said: Any, lim: Any) -> None:
    """Settle growth, and a slow fall, by the creep; what contradicts is noted."""
    change, over_level, sigma = m.slow[0], m.slow[1], m.slow[2]
    lower, upper = electronic_bounds(change, over_level, sigma)
    if math.isnan(lower):
        return
    left, transient, level = math.exp(change), said.transient, change - over_level
    if said.state == codes.OPEN and lower > lim.HEALTHY_BELOW:
        said.creep_left = left
        limit = lim.CREEP_FALL if m.warm_now else lim.CREEP_FALL_UNLOGGED
        short = m.warm_now or lower > lim.CREEP_SHORT_UNLOGGED
        if short and said.reason == codes.FALLEN and level < -limit:
            _convict(said, (lower, upper, level), lim)
    only_grew = upper < lim.CREEP_CLEARS and change < lim.CREEP_RISES
    if only_grew and said.state == codes.OPEN and said.reason == codes.GROWN:
        say(said, codes.HEALTHY, codes.ONLY_GREW, 0.0, 0.0, upper)
        said.p_healthy, said.p_soft, said.p_hard = 0.9, 0.095, 0.005
        said.a, said.b, said.c = math.exp(m.late - m.base) - 1.0, left, upper
    said.transient = transient


@strict
def _convict(said: Any, told: Any, lim: Any) -> None:
    """V/I says how much is electronic as long as the path stayed; the creep, that it is a short."""
    lower, upper, level = told
    share = math.exp(level)
    eta = 1.0 - share
    least = larger(smaller(lower, 1.0 - CONDUCTS_BETTER * share), lim.HEALTHY_BELOW)
    most = smaller(larger(upper, eta + GREW_MEANWHILE), 1.0)
    state = codes.HARD if eta >= lim.HARD_FROM else codes.SOFT
    say(said, state, codes.CREEP_FELL, eta, least, most)
    chances(said, eta, (most - least) / 3.29, 0.9, lim)
    said.a, said.b = eta, said.creep_left
