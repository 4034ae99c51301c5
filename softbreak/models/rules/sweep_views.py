"""One cycle of a voltammogram as the rules see it: whole or cut off, symmetric or foreign."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

from softbreak.data.record import Cell
from softbreak.models.rules.foreign import swept
from softbreak.models.rules.spoken_numbers import percent
from softbreak.verdict import Verdict, undetermined

LOPSIDED: Final = 0.1
"""A symmetric cell is swept about 0 V: its middle lies there within this share of the window …"""
SYMMETRIC_VOLT: Final = 0.6
"""… or one end does (0 → 0.1 → 0 V), and the other one is no further away than this."""
PASSIVE: Final = 0.05
"""Share of the charge that may flow against the voltage: between equal electrodes none does."""
INNER: Final = 0.8
"""A current whose peaks lie further before the vertices, on either side, is no resistance's."""
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
    against_voltage: float = math.nan
    peak_before_vertex: float = math.nan
    common_voltage: float = math.nan
    before_jump: float = math.nan
    cut: bool = False

    @property
    def ends(self) -> tuple[float, float]:
        """Lowest and highest voltage (V)."""
        return self.middle - self.window, self.middle + self.window


def with_cut_cycles(sweeps: Sequence[SweepView]) -> list[SweepView]:
    """Give a cycle that was cut off the window of its measurement.

    A record that ends, begins or misses rows within a cycle leaves a lopsided piece of it: as far
    as it goes it is a cycle like the one before (or after) it, and no sweep of another window.

    Parameters
    ----------
    sweeps : sequence of SweepView
        In the order of their times.
    """
    found = list(sweeps)
    for k, sweep in enumerate(sweeps):
        beside = [found[k - 1]] if k else []
        beside += [sweeps[k + 1]] if k + 1 < len(sweeps) else []
        whole = next((one for one in beside if _piece_of(sweep, one)), None)
        if whole is not None:
            found[k] = sweep._replace(window=whole.window, middle=whole.middle, cut=True)
    return found


def _piece_of(sweep: SweepView, whole: SweepView) -> bool:
    """Whether a lopsided cycle lies within one of the same measurement that is centred."""
    near = LOPSIDED * whole.window
    (low, high), (least, most) = sweep.ends, whole.ends
    return (
        sweep.series == whole.series
        and abs(sweep.middle) > LOPSIDED * sweep.window
        and abs(whole.middle) <= near
        and least - near <= low
        and high <= most + near
    )


def same_setting(one: SweepView, other: SweepView) -> bool:
    """Return whether two voltammograms have the same window and rate."""
    return (
        abs(one.window / other.window - 1.0) < SAME_SETTING
        and abs(one.scan_rate / other.scan_rate - 1.0) < 2 * SAME_SETTING
        if other.window > 0 and other.scan_rate > 0
        else False
    )


def same_voltage(one: SweepView, other: SweepView) -> bool:
    """Return whether the chords of two voltammograms were taken at the same voltage."""
    return abs(one.common_voltage - other.common_voltage) < SAME_SETTING * other.common_voltage


def foreign_sweep(sweep: SweepView, cell: Cell) -> Verdict | None:
    """Abstain on voltammograms that are not of a symmetric cell: those are swept around 0 V.

    Parameters
    ----------
    sweep : SweepView
    cell : Cell
    """
    low, high = sweep.ends
    if cell.unlike:
        return undetermined(*swept(cell))
    near = LOPSIDED * sweep.window
    one_sided = min(abs(low), abs(high)) <= near and max(-low, high) <= SYMMETRIC_VOLT
    if abs(sweep.middle) <= near or one_sided:
        return _active(sweep)
    return undetermined(
        f"the voltammogram runs from {low:.2f} to {high:.2f} V, not around 0 V: this is not a "
        "symmetric cell (three electrodes, or another counter electrode), and the CV rules do not "
        "apply to it",
        "A symmetric cell, swept by the same voltage in both directions.",
    )


def _active(sweep: SweepView) -> Verdict | None:
    """Abstain on a voltammogram about 0 V of electrodes that give back charge by themselves."""
    if math.isnan(sweep.chord_resistance):
        return None  # nothing flows, which says nothing of electrodes
    if sweep.peak_before_vertex > INNER:
        why = (
            "the current of the voltammogram has its peaks far inside the window and falls towards "
            "the vertices: a redox couple (then this is not a symmetric cell), or metal that runs "
            "out at once"
        )
    elif sweep.against_voltage > PASSIVE:
        why = (
            f"{percent(sweep.against_voltage)} of the charge of the voltammogram flows against the "
            "voltage: this is not a symmetric cell, whose electrodes have no voltage of their own "
            "(a redox couple against a reference electrode, or a capacitor, has)"
        )
    else:
        return None
    wanted = "A symmetric cell without a reference electrode, swept about 0 V."
    return undetermined(f"{why}; the CV rules do not apply to it", wanted)
