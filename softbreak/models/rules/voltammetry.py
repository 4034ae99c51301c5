"""The CV rule: as the paper states it, and hardened against what fools it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from softbreak.data.record import Cell
from softbreak.models.rules.sentences import state_probabilities
from softbreak.models.rules.spoken_numbers import bare, ohm, percent
from softbreak.models.rules.sweep_views import (
    SweepView,
    foreign_sweep,
    same_setting,
    same_voltage,
)
from softbreak.models.rules.thresholds import (
    ACTIVATION_EV,
    ACTIVATION_SPREAD_EV,
    BOLTZMANN_EV,
    CERTIFICATE,
    CERTIFICATE_UNLOGGED,
)
from softbreak.verdict import (
    HARD_FROM,
    HEALTHY_BELOW,
    Evidence,
    State,
    Verdict,
    judged,
    undetermined,
)

OMEGA_SOFT: Final = 0.05
"""The paper's sign of soft breakdown: the current rises by more than this from CV to CV."""
LINEAR: Final = 0.9995
"""R² from which a voltammogram is a straight line."""
HARD_OHM_CM2: Final = 3.0
"""A straight line is a hard breakdown only below this area-specific resistance (or 0.1 L/σ)."""
RISE_ON: Final = math.log(1.15)
RISE_OFF: Final = math.log(1.05)
RISE_SURE: Final = math.log(1.25)
"""A rise below this that no cycle shows at once could be contact that creeps; …"""
RISE_UNLOGGED: Final = math.log(1.6)
"""… without a logged temperature, below this 10 K of warming as well."""
JUMP: Final = 0.15
"""A jump of the current inside a sweep, over the peak current, that marks a new path."""
POSSIBLE_GROWTH: Final = 2.0
"""Factor by which R_i may have grown unseen since the first CV."""


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
        before = sweeps[k - 1] if k and same_setting(sweep, sweeps[k - 1]) else None
        verdicts.append(_literal(sweep, before, cell))
    return verdicts


def _literal(sweep: SweepView, before: SweepView | None, cell: Cell) -> Verdict:
    settled = foreign_sweep(sweep, cell) or _is_wire(sweep, cell)
    if settled is not None:
        return settled
    if sweep.cut or (before is not None and before.cut):
        return undetermined("the cycle, or the one before it, was cut off", _MORE_WANTED)
    if math.isnan(sweep.chord_resistance):
        return undetermined(_NOTHING_FLOWS, _MORE_WANTED)
    if before is None or not before.peak_current > 0 or math.isnan(before.chord_resistance):
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
_NOTHING_FLOWS: Final = "no current flows through the cell at the common voltage"
_WARM_OR_CONTACT: Final = "a warmer cell or better contact does too"
_ALONE: Final = "there is no comparable earlier voltammogram"
UNCHANGED_WANTED: Final = (
    "Area, thickness and conductivity of the electrolyte in cells.csv (V/I below L/(σA) proves "
    "electrons), and an impedance spectrum beside one of the fresh cell."
)


def _is_wire(sweep: SweepView, cell: Cell) -> Verdict | None:
    """Hard: a straight line of a resistance that only metal has."""
    areal = sweep.chord_resistance * (cell.area_cm2 or 1.0)
    limit = HARD_OHM_CM2
    if cell.ionic_floor_ohm is not None:
        # a thin liquid has less than a wire between pellets
        floor = cell.ionic_floor_ohm * (cell.area_cm2 or 1.0)
        limit = max(min(limit, floor), 0.1 * floor)
    if not (sweep.linearity > LINEAR and 0.0 < areal < limit):
        return None
    sentence = (
        f"The voltammogram is a straight line (R² = {sweep.linearity:.5f}) of "
        f"{ohm(sweep.chord_resistance, cell.area_cm2)}: a resistor."
    )
    return judged(
        State.HARD,
        (0.98, 0.9, 1.0),
        (0.02, 0.08, 0.9),
        (Evidence("linearity", sweep.linearity, LINEAR, sentence),),
    )


@dataclass(slots=True)
class _Setting:
    """What was seen of the voltammograms of one window and rate; ln of conductances (S)."""

    sweep: SweepView
    first: float
    lowest: float
    shift: float
    last: float = math.nan
    series: int = -1
    soft: bool = False
    convicted: bool = False


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
        self._settings: list[_Setting] = []
        self._last: _Setting | None = None
        self._kelvin = math.nan

    def step(self, sweep: SweepView) -> Verdict:
        """Judge the next voltammogram.

        Parameters
        ----------
        sweep : SweepView
        """
        cell = self._cell
        settled = foreign_sweep(sweep, cell) or _is_wire(sweep, cell) or self._floor(sweep)
        if settled is None and sweep.largest_jump < -JUMP:
            return self._fall(sweep)
        conductance, spread = self._corrected(sweep, sweep.chord_resistance)
        if math.isnan(conductance):
            return settled or undetermined(_NOTHING_FLOWS, _MORE_WANTED)
        known = [one for one in self._settings if same_setting(sweep, one.sweep)]
        if not known:
            self._settings.append(self._new(sweep, conductance, spread))
        setting = known[0] if known else self._settings[-1]
        rise = conductance - setting.lowest
        setting.lowest = min(setting.lowest, conductance)
        step = conductance - setting.last if sweep.series == setting.series else 0.0
        setting.last, setting.series = conductance, sweep.series
        self._last = setting
        if settled is not None:
            return settled
        if sweep.largest_jump > JUMP:
            return self._jump(sweep, setting, rise)
        if not known and rise == 0.0:
            return undetermined(f"{_ALONE}{_shifted(setting)}", _MORE_WANTED)
        setting.soft = rise > (RISE_OFF if setting.soft else RISE_ON)
        sure = rise > (RISE_SURE if self._logged else RISE_UNLOGGED)
        at_once = self._logged and step > RISE_ON
        setting.convicted = setting.soft and (setting.convicted or sure or at_once)
        return self._compared(setting, rise, conductance - setting.first, spread)

    def _new(self, sweep: SweepView, conductance: float, spread: float) -> _Setting:
        """Begin to follow another window or rate.

        What V/I does at one voltage and a known temperature, beyond what a window, a rate or some
        warmth explain, is held against the lowest of the other settings.
        """
        shift = 0.0 if self._last is None else conductance - self._last.last
        same = [one for one in self._settings if same_voltage(sweep, one.sweep)]
        lowest = min((one.lowest for one in same), default=math.inf)
        carried = self._logged and conductance - lowest - spread > RISE_UNLOGGED
        return _Setting(sweep, conductance, lowest if carried else conductance, shift)

    def certificate(self, sweep: SweepView) -> Verdict | None:
        """What a voltammogram below L/(σA) proves by itself; None where it is above, or foreign.

        Parameters
        ----------
        sweep : SweepView
        """
        return None if foreign_sweep(sweep, self._cell) is not None else self._floor(sweep)

    def _floor(self, sweep: SweepView) -> Verdict | None:
        """V/I below the bare electrolyte's: electrons must flow, whatever else is unknown."""
        floor, ohms = self._cell.ionic_floor_ohm, sweep.chord_resistance
        if floor is None or not ohms > 0.0:
            return None
        stated, now = self._cell.temperature_celsius, sweep.temperature_celsius
        warm = self._logged and not math.isnan(now)
        if stated is not None and warm:
            inverse = 1.0 / (now + 273.15) - 1.0 / (stated + 273.15)
            floor *= math.exp(ACTIVATION_EV / BOLTZMANN_EV * inverse)
        sure = stated is not None and (warm or not self._logged)
        if ohms >= floor:
            return None
        area = self._cell.area_cm2
        told = (
            f"V/I of the voltammogram is {ohm(ohms, area)}, the bare electrolyte alone would have "
            f"{bare(floor, area)}"
        )
        if ohms >= (CERTIFICATE if sure else CERTIFICATE_UNLOGGED) * floor:
            return undetermined(
                f"{told}: either electrons flow, or the cell's numbers are misstated",
                "Check area, thickness and conductivity of the electrolyte; impedance from 1 MHz "
                "to 0.1 Hz shows whether there is an arc.",
                soft=0.4,
            )
        least = 1.0 - ohms / floor
        state = State.HARD if least >= HARD_FROM else State.SOFT
        eta = least if state is State.HARD else 0.5 * (1.0 + least)
        found = Evidence(
            "resistance_over_ionic_floor",
            ohms / floor,
            1.0,
            f"{told}: at least {percent(least)} of the current is electronic.",
        )
        return judged(
            state,
            (eta, max(least - 0.1, HEALTHY_BELOW), 1.0),
            state_probabilities(eta, 0.5 * (1.0 - least) + 0.02, 0.97),
            (found,),
        )

    def _corrected(self, sweep: SweepView, ohms: float) -> tuple[float, float]:
        """Return ln of a conductance at the reference temperature, and its spread."""
        if not 0 < ohms < math.inf:
            return math.nan, 0.0
        value = -math.log(ohms)
        kelvin = sweep.temperature_celsius + 273.15
        if not self._logged or math.isnan(kelvin):
            return value, 0.0
        if math.isnan(self._kelvin):
            self._kelvin = kelvin
        inverse = (1.0 / self._kelvin - 1.0 / kelvin) / BOLTZMANN_EV
        return value - ACTIVATION_EV * inverse, ACTIVATION_SPREAD_EV * abs(inverse)

    def _jump(self, sweep: SweepView, setting: _Setting, rise: float) -> Verdict:
        """A path closed: it stays until V/I is back at what it was before."""
        setting.soft = setting.convicted = True
        before, _ = self._corrected(sweep, sweep.before_jump)
        if setting.sweep is sweep and before < setting.lowest:  # nothing else tells that level
            rise += setting.lowest - before
            setting.lowest = before
        sentence = (
            f"Inside the sweep the current jumped by {percent(sweep.largest_jump)} of its peak: "
            "a new path closed, perhaps by the CV itself."
        )
        jumped = min(sweep.largest_jump, 1.0)
        eta = min(max(1.0 - math.exp(-max(rise, 0.0)), jumped / (1.0 + jumped)), 0.94)
        return judged(
            State.SOFT,
            (eta, 0.05, 1.0),
            (0.15, 0.8, 0.05),
            (Evidence("jump_in_sweep", sweep.largest_jump, 0.0, sentence),),
        )

    @staticmethod
    def _fall(sweep: SweepView) -> Verdict:
        """A sweep in which the current breaks off is compared with nothing, nor others with it."""
        return undetermined(
            f"inside the sweep the current fell by {percent(-sweep.largest_jump)} of its peak from "
            "one sample to the next (or came back so): a contact was lost, or a path for electrons "
            "burned off",
            _MORE_WANTED,
            soft=0.3,
        )

    def _compared(self, setting: _Setting, rise: float, change: float, spread: float) -> Verdict:
        omega = math.exp(rise) - 1.0
        if setting.soft:
            return self._risen(setting, rise, spread)
        if change < -0.10:
            return undetermined(
                f"the current fell by {percent(1 - math.exp(change))} since the first CV: a "
                "growing ionic resistance could hide a short",
                "Impedance against a spectrum from the start, or a temperature series.",
                soft=0.15,
            )
        return undetermined(
            f"the current at the common voltage stands {percent(max(omega, 0.0))} above its "
            f"lowest{_shifted(setting)}: nothing has changed between the CVs of one setting that "
            "shows, but neither a short from before the first one nor one that hides behind a "
            "growing ionic resistance would show",
            UNCHANGED_WANTED,
            soft=0.2,
        )

    def _risen(self, setting: _Setting, rise: float, spread: float) -> Verdict:
        omega = math.exp(rise) - 1.0
        setting.convicted &= rise - spread > RISE_OFF
        if not setting.convicted:
            contact = "better contact does too" if self._logged else _WARM_OR_CONTACT
            cause = "its warming may do" if spread and rise - spread <= RISE_OFF else contact
            return undetermined(
                f"the current at the common voltage rose by {percent(omega)}, which {cause}",
                "Repeat the CV at a logged temperature and take an impedance spectrum to "
                "compare with an earlier one.",
                soft=0.45,
            )
        found = Evidence(
            "omega_chord",
            omega,
            0.0,
            f"The current at the common voltage stands {percent(omega)} above its lowest.",
        )
        eta = 1.0 - math.exp(-rise)
        # a path that was there before, and growth of the ionic one, add to what the rise shows
        upper = max(eta + 0.25, 1.0 - math.exp(-rise) / POSSIBLE_GROWTH)
        return judged(
            State.SOFT,
            (eta, max(eta - 0.25, 0.05), min(upper, 1.0)),
            state_probabilities(eta, 0.12, 0.75),
            (found,),
        )


def _shifted(setting: _Setting) -> str:
    """What V/I at the common voltage did where window or rate changed; empty where nothing."""
    if not abs(setting.shift) > RISE_ON:
        return ""
    return (
        f" (where window or rate changed it changed by {percent(math.expm1(setting.shift))}, by "
        "that, or by a short, warmth or contact)"
    )


def hardened(sweeps: Sequence[SweepView], cell: Cell, *, temperature_logged: bool) -> list[Verdict]:
    """Judge voltammograms by the hardened rule, in the order of their times."""
    rule = HardenedRule(cell, temperature_logged=temperature_logged)
    return [rule.step(sweep) for sweep in sweeps]
