"""Every threshold of the voltage rule, named and explained. Logarithms are natural.

What counts as an abrupt event at all, in units of noise, is measured before any rule asks, by
:mod:`softbreak.features.kernels.resistance_steps` and :mod:`softbreak.features.kernels.reversals`.
What impedance, voltammetry and all evidence together are held against stands at the top of their
own modules; the limits between the states in :mod:`softbreak.state_limits`.
"""

from __future__ import annotations

from typing import Final

from softbreak import state_limits
from softbreak.physics import constants

BOLTZMANN_EV: Final = constants.BOLTZMANN_EV_TRAINED
ACTIVATION_EV: Final = constants.ACTIVATION_EV
ELECTROLYTE_EV: Final = constants.ELECTROLYTE_EV
ACTIVATION_SPREAD_EV: Final = 0.12
"""Spread of a solid cell's activation energy, which enters the interval."""

CERTIFICATE: Final = 0.8
"""R below this share of L/(σA) is impossible for ions alone (temperature known) …"""
CERTIFICATE_UNLOGGED: Final = 0.6
"""… and where the temperature is not."""
WARMTH_LIMIT: Final = 0.08
"""Uncertainty (ln) of the temperature correction beyond which nothing slow can be judged: 5 K."""
GROWTH_LIMIT: Final = 0.10
"""A resistance this far (ln) above its baseline can hide a short: "healthy" is withheld."""
DECLINE_LIMIT: Final = 0.10
"""A slow fall (ln) below the running maximum that needs an explanation."""
TURN_LIMIT: Final = 0.05
"""After a growth beyond its limit a smaller fall counts already: the level means nothing then."""
DECLINE_AFTER_GROWTH: Final = 0.45
"""A slow fall this deep that follows a growth is taken for a conducting interphase."""
STEP_LIMIT: Final = 0.15
"""A fall (ln) from one cycle to the next that counts as a drop where temperature is logged …"""
STEP_LIMIT_UNLOGGED: Final = 2.0
"""… and where it is not: warming from 25 to 60 °C does as much."""
MOVING: Final = 0.15
"""A change (ln) of the temperature's correction from one cycle to the next, 3 K, from which the
probe may lag behind its cell: what it leaves over is no sure step."""
RAISED: Final = 0.4
"""A rise (ln) from one cycle to the next that only a lost contact, or an open lead, brings about:
when it goes as abruptly, V/I is back and nothing was shorted."""
HEALTHY_UPPER: Final = state_limits.HEALTHY_UPPER
"""What a growth up to GROWTH_LIMIT can hide …"""
ABOUT_UPPER: Final = 0.12
"""… and what the estimate of its spread may exceed it by."""
RECOVERED: Final = 0.10
"""Distance (ln) to the level before a drop within which a rise counts as recovery."""
RATE_STEP: Final = 0.10
"""A change of ln I beyond which the baseline is carried over to the new current."""
DURATION_STEP: Final = 0.35
"""The same for a change of the cycle's duration: polarisation then reaches another depth."""
POLARISING: Final = 0.3
"""What ln R may change by with the duration."""
SHIFT_LIMIT: Final = 0.2
"""More than this (ln) explained away by current or duration, and a short may hide in it."""
LOST_PROBE: Final = 0.06
"""Spread of ln R while a probe that was logged before is silent: 4 K."""
LOST_IN_NOISE: Final = 0.5
"""Scatter of a sample over the mean voltage beyond which the first cycles mean nothing."""
COLLAPSE: Final = 0.7
"""A fall (ln) that even half a cycle shows: no asymmetry of the electrodes is as large."""
CREEP_CLEARS: Final = 0.12
"""Upper bound of η_e, told by slow polarisation, up to which growth hides no short …"""
CREEP_RISES: Final = 0.4
"""… as long as the creep itself (ln) is not half as large again: then it ages faster than the path,
or a short flickers within the half-cycle."""
CREEP_FALL: Final = 0.15
"""A slow fall of V/I (ln) that is a short where the creep fell as a short makes it fall …"""
CREEP_FALL_UNLOGGED: Final = 0.30
"""… and without a temperature log, where 6 K of warming take as much of V/I …"""
CREEP_SHORT_UNLOGGED: Final = 0.30
"""… and something of the creep: this much η_e it must tell at least."""
CREEP: Final = "slow_polarisation"
"""Name of the evidence of how far V creeps within a half-cycle."""
UNFINISHED: Final = "unfinished"
"""Name of the evidence of a cycle that was still running when the record ended."""
NOT_MEASURED: Final = "not_measured"
"""Name of the evidence of a cycle without a voltage or a current."""
SHORT_ENDED: Final = "short_ended"
"""Name of the evidence of a cycle after a short that ended as abruptly as it came."""
BELOW_FLOOR: Final = "below_ionic_floor"
"""Name of the evidence of a cycle whose V/I no healthy cell of the stated geometry can have."""
KINETIC_SHARE: Final = 0.6
"""Share of a change of ln I that charge transfer may take out of ln R."""
BASELINE_CYCLES: Final = 3
FIRST_CYCLE_SPREAD: Final = 0.3
"""Spread of ln R_i that the first cycle leaves: nothing tells whether R was higher before."""
DEAD_SHORT_OHM_CM2: Final = 1.0
"""No solid electrolyte separator has an area-specific resistance below this (Ω cm²)."""
DOUBTFUL_OHM_CM2: Final = 5.0
"""Below this only a thin film is plausible: thickness and conductivity must be known."""
FAINT_DROP: Final = 0.16
"""A drop of ln R smaller than this may be contact or a void that filled …"""
FAINT_FRACTION: Final = 0.10
"""… and later on, an η_e below this is within what R_i may have changed."""
SMALLEST_RISE: Final = 0.05
"""An abrupt rise of ln R from this on can end a short."""
ABRUPT_RETURN: Final = 0.6
"""Share of a drop that must come back abruptly, or growth may just hide the short."""
SPREAD: Final = 0.08
SPREAD_A_CYCLE: Final = 0.03
SPREAD_MOST: Final = 0.2
"""Spread of ln R_i at the drop, what each cycle adds, and the most that it adds …"""
GROWTH_A_CYCLE: Final = 0.15
GROWTH_MOST: Final = 0.5
"""… and the same for growth of R_i alone, which only widens the interval upwards."""
