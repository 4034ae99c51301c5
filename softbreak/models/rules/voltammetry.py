"""The CV rule: as the paper states it, and hardened against what fools it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

from softbreak.data.record import Cell
from softbreak.models.rules.sentences import ohm, percent, state_probabilities
from softbreak.models.rules.thresholds import ACTIVATION_EV, BOLTZMANN_EV
from softbreak.verdict import Evidence, State, Verdict, judged, undetermined

OMEGA_SOFT: Final = 0.05
"""The paper's sign of soft breakdown: the current rises by more than this from CV to CV."""
LINEAR: Final = 0.9995
"""R² from which a voltammogram is a straight line."""
HARD_OHM_CM2: Final = 3.0
"""A straight line is a hard breakdown only below this area-specific resistance (or 0.1 L/σ)."""
RISE_ON: Final = math.log(1.15)
RISE_OFF: Final = math.log(1.05)
RISE_UNLOGGED: Final = math.log(1.6)
"""Without a logged temperature a rise below this could be 10 K of warming."""
JUMP: Final = 0.15
"""A jump of the current inside a sweep, over the peak current, that marks a new path."""
LOPSIDED: Final = 0.3
SYMMETRIC_VOLT: Final = 0.6
"""A sweep that is not centred on 0 V and reaches beyond this is not of a symmetric cell."""
SAME_SETTING: Final = 0.1
"""Windows and scan rates that differ by more than this fraction are not compared."""


class SweepView(NamedTuple):
    """One cycle of a voltammetry measurement (units as in `softbreak.physics.voltammetry`)."""

    series: int
    sweep: int
    start_time_second: float
    end_time_second: float
    peak_current: float
    window: float
    middle: float
    scan_rate: float
    chord_resistance: float
    linearity: float
    largest_jump: float
    charge: float
    temperature_celsius: float


def literal(sweeps: Sequence[SweepView], cell: Cell) -> list[Verdict]:
    """Judge voltammograms as Wang et al. do (doi 10.1016/j.joule.2022.05.020).

    Rising current is soft, a straight line (of low resistance) hard, all else healthy. No care is
    taken of temperature, contact, window or a growing interphase.

    Parameters
    ----------
    sweeps : sequence of SweepView
        In the order of their times.
    cell : Cell
    """
    verdicts = []
    for k, sweep in enumerate(sweeps):
        before = sweeps[k - 1] if k and _same_setting(sweep, sweeps[k - 1]) else None
        verdicts.append(_literal(sweep, before, cell))
    return verdicts


def _foreign(sweep: SweepView) -> Verdict | None:
    """Abstain on voltammograms that are not of a symmetric cell: those are swept around 0 V."""
    one_sided = abs(sweep.middle) > LOPSIDED * sweep.window
    if not (one_sided and abs(sweep.middle) + sweep.window > SYMMETRIC_VOLT):
        return None
    low, high = sweep.middle - sweep.window, sweep.middle + sweep.window
    return undetermined(
        f"the voltammogram runs from {low:.2f} to {high:.2f} V, not around 0 V: this is not a "
        "symmetric cell, and the CV rules do not apply to it",
        "A symmetric cell, swept by the same voltage in both directions.",
    )


def _literal(sweep: SweepView, before: SweepView | None, cell: Cell) -> Verdict:
    settled = _foreign(sweep) or _is_wire(sweep, cell)
    if settled is not None:
        return settled
    if before is None or not before.peak_current > 0:
        return undetermined("there is no earlier voltammogram to compare with", _MORE_WANTED)
    omega = sweep.peak_current / before.peak_current - 1.0
    found = Evidence(
        "omega", omega, 0.0, f"The peak current changed by {percent(omega)} since the last CV."
    )
    eta = max(omega / (1.0 + omega), 0.0)
    if omega > OMEGA_SOFT:
        return judged(State.SOFT, (eta, 0.0, 1.0), (0.25, 0.7, 0.05), (found,))
    return judged(State.HEALTHY, (0.0, 0.0, 1.0), (0.75, 0.2, 0.05), (found,))


_MORE_WANTED: Final = (
    "Another cyclic voltammogram with the same window and scan rate, and its temperature."
)


def _same_setting(one: SweepView, other: SweepView) -> bool:
    """True where two voltammograms were taken alike."""
    return (
        abs(one.window / other.window - 1.0) < SAME_SETTING
        and abs(one.scan_rate / other.scan_rate - 1.0) < 2 * SAME_SETTING
        if other.window > 0 and other.scan_rate > 0
        else False
    )


def _is_wire(sweep: SweepView, cell: Cell) -> Verdict | None:
    """Hard: a straight line of a resistance that only metal has."""
    floor = 0.1 * (cell.ionic_floor_ohm or 0.0) * (cell.area_cm2 or 1.0)
    areal = sweep.chord_resistance * (cell.area_cm2 or 1.0)
    if not (sweep.linearity > LINEAR and areal < max(HARD_OHM_CM2, floor)):
        return None
    sentence = (
        f"The voltammogram is a straight line (R² = {sweep.linearity:.5f}) of "
        f"{ohm(sweep.chord_resistance)}: a resistor."
    )
    return judged(
        State.HARD,
        (0.98, 0.9, 1.0),
        (0.02, 0.08, 0.9),
        (Evidence("linearity", sweep.linearity, LINEAR, sentence),),
    )


class HardenedRule:
    """The CV rule with memory: running minimum of the current, hysteresis, abstention.

    Parameters
    ----------
    cell : Cell
    temperature_logged : bool
    """

    def __init__(self, cell: Cell, *, temperature_logged: bool) -> None:
        self._cell = cell
        self._logged = temperature_logged
        self._last: SweepView | None = None
        self._first = math.nan
        self._lowest = math.nan
        self._soft = False
        self._jumped = False
        self._kelvin = math.nan

    def step(self, sweep: SweepView) -> Verdict:
        """Judge the next voltammogram.

        Parameters
        ----------
        sweep : SweepView
        """
        settled = _foreign(sweep) or _is_wire(sweep, self._cell)
        conductance = self._corrected(sweep)
        fresh = self._last is None or not _same_setting(sweep, self._last)
        self._last = sweep
        if fresh or math.isnan(conductance):
            self._first = self._lowest = conductance
            self._soft = False
        jumped = sweep.largest_jump > JUMP
        rise = conductance - self._lowest
        self._lowest = min(self._lowest, conductance)
        if settled is not None:
            return settled
        if math.isnan(conductance):
            return undetermined(
                "no current flows through the cell at the common voltage", _MORE_WANTED
            )
        if jumped:
            self._jumped = self._soft = True
            return self._jump(sweep, rise)
        if fresh:
            return undetermined("there is no comparable earlier voltammogram", _MORE_WANTED)
        self._soft = rise > (RISE_OFF if self._soft else RISE_ON)
        return self._compared(rise, conductance - self._first)

    def _corrected(self, sweep: SweepView) -> float:
        """Return ln of the chord conductance at the reference temperature."""
        if not 0 < sweep.chord_resistance < math.inf:
            return math.nan
        value = -math.log(sweep.chord_resistance)
        kelvin = sweep.temperature_celsius + 273.15
        if not self._logged or math.isnan(kelvin):
            return value
        if math.isnan(self._kelvin):
            self._kelvin = kelvin
        return value - ACTIVATION_EV / BOLTZMANN_EV * (1.0 / self._kelvin - 1.0 / kelvin)

    def _jump(self, sweep: SweepView, rise: float) -> Verdict:
        sentence = (
            f"Inside the sweep the current jumped by {percent(sweep.largest_jump)} of its peak: "
            "a new path closed, perhaps by the CV itself."
        )
        share = 1.0 - math.exp(-max(rise, 0.0))
        jumped = min(sweep.largest_jump, 1.0)
        eta = min(max(share, jumped / (1.0 + jumped)), 0.94)
        return judged(
            State.SOFT,
            (eta, 0.05, 1.0),
            (0.15, 0.8, 0.05),
            (Evidence("jump_in_sweep", sweep.largest_jump, 0.0, sentence),),
        )

    def _compared(self, rise: float, change: float) -> Verdict:
        omega = math.exp(rise) - 1.0
        found = Evidence(
            "omega_chord",
            omega,
            0.0,
            f"The current at the common voltage stands {percent(omega)} above its lowest.",
        )
        if self._soft:
            sure = self._logged or rise > RISE_UNLOGGED or self._jumped
            if not sure:
                return undetermined(
                    f"the current at the common voltage rose by {percent(omega)}, which a warmer "
                    "cell or better contact does too",
                    "Repeat the CV at a logged temperature and take an impedance spectrum to "
                    "compare with an earlier one.",
                    soft=0.45,
                )
            eta = 1.0 - math.exp(-rise)
            return judged(
                State.SOFT,
                (eta, max(eta - 0.25, 0.05), min(eta + 0.25, 1.0)),
                state_probabilities(eta, 0.12, 0.75),
                (found,),
            )
        if change < -0.10:
            return undetermined(
                f"the current fell by {percent(1 - math.exp(change))} since the first CV: a "
                "growing ionic resistance could hide a short",
                "Impedance against a spectrum from the start, or a temperature series.",
                upper=1.0 - math.exp(change),
                soft=0.15,
            )
        return judged(State.HEALTHY, (0.0, 0.0, 0.2), (0.85, 0.14, 0.01), (found,))


def hardened(sweeps: Sequence[SweepView], cell: Cell, *, temperature_logged: bool) -> list[Verdict]:
    """Judge voltammograms by the hardened rule, in the order of their times."""
    rule = HardenedRule(cell, temperature_logged=temperature_logged)
    return [rule.step(sweep) for sweep in sweeps]
