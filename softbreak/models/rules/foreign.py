"""Cells that are not symmetric: what they are at a glance, and which verb reads them."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from softbreak.data.configurations import FULL, THREE
from softbreak.data.record import Cell
from softbreak.features.cycles.columns import Columns
from softbreak.features.evidence.cell_evidence import CellEvidence
from softbreak.features.evidence.charge_balance import charging_sign
from softbreak.features.half_cycles.measured import SHORT_SAMPLES
from softbreak.features.half_cycles.polarity import (
    FULL_CELL_VOLT,
    LOPSIDED,
    OFFSET_VOLT,
    REST_VOLT,
    median,
    rests_open,
)
from softbreak.models.rules.spoken_numbers import percent
from softbreak.models.rules.stripped import FEWEST, stripped

FULL_WANTED: Final = (
    "softbreak coulombic: Coulombic efficiency, self-discharge at rest, or the leak resistance "
    "from the charge balance of the full cell."
)
CONTACT_WANTED: Final = "Check leads and contact; impedance from 1 MHz to 0.1 Hz shows a capacitor."
STRIPPED_WANTED: Final = (
    "softbreak coulombic: the charge balance of plating and stripping; impedance against a "
    "spectrum from the start."
)
SAME_END_VOLT: Final = 0.02
"""A cycle is closed when its discharge ends within this of where the one before ended."""
LEAKS: Final = 0.9
"""A closed cycle that gives less than this share of its charge has lost a telling part of it."""
CHARGED_SECOND: Final = 1.0
"""A voltage of volts within less than this, to and fro, is the charging of a capacitor."""
FORMATION_VOLT: Final = (0.3, 2.3)
"""Where the first hold or charge of a fresh full cell lies."""
STANDS: Final = 0.02
"""V; a half-cycle whose voltage moves by less is a hold."""
HELD_WANTED: Final = (
    "softbreak leakage reads holds at constant voltage; beside it, impedance or cycling by a "
    "current of both signs."
)
HELD_SHARE, HELD_VOLT = 0.005, 5e-4
"""A voltage that moves by less than this share, or volts, is held …"""
DECAYED: Final = 0.01
"""… where the current of the second half differs by more than this share from the mean."""
MOSTLY: Final = 0.8
"""Share of the half-cycles that are holds in a cell that was not cycled by a current."""


class Foreign(NamedTuple):
    """Why resistance rules do not apply, and what to do instead.

    Attributes
    ----------
    reason : str
        Without a full stop.
    wanted : str
        Empty while only the reason is known.
    """

    reason: str
    wanted: str


_THREE: Final = Foreign(
    "three electrodes are stated: the voltage is that of one electrode against a reference, not of "
    "the whole cell, and resistance rules for two like electrodes do not apply to it",
    "The voltage between working and counter electrode (Ewe − Ece), stated as symmetric; or "
    "softbreak coulombic: the charge balance.",
)


def foreign_cell(evidence: CellEvidence) -> Foreign | None:
    """Return why a cell is no symmetric one; None where nothing says so.

    Parameters
    ----------
    evidence : CellEvidence
    """
    stated = evidence.cell.configuration
    if stated == FULL:
        return _told(evidence, "the manifest says so")
    if stated == THREE:
        return _THREE
    seen = _seen(evidence) or _held(evidence.timeline.half_cycle_columns)
    if seen is None or seen.wanted:
        return seen
    if stated is None:
        return _told(evidence, seen.reason)
    return Foreign(
        f"the cell is stated to be {stated}, but {seen.reason}: a symmetric cell has no voltage of "
        "its own",
        "Check which file belongs to which cell, and which leads measured the voltage.",
    )


def swept(cell: Cell) -> Foreign:
    """Return why the voltammograms of a cell that is stated to be none of like electrodes say
    nothing of a short.

    Parameters
    ----------
    cell : Cell
    """
    if cell.configuration == THREE:
        return _THREE
    return Foreign(
        "this is a full cell (the manifest says so): a voltammogram of it shows the reactions of "
        "its electrodes, and the CV rules for symmetric cells do not apply",
        FULL_WANTED,
    )


def _told(evidence: CellEvidence, because: str) -> Foreign:
    half_cycles = evidence.timeline.half_cycle_columns
    what = "the formation of a full cell" if _is_formation(half_cycles) else ""
    name = f"this is not a symmetric cell but {what}" if what else "this is not a symmetric cell"
    return Foreign(
        f"{name} ({because}); resistance rules do not apply to it{_balance(half_cycles)}",
        FULL_WANTED,
    )


def _seen(evidence: CellEvidence) -> Foreign | None:
    """What the voltages say."""
    timeline = evidence.timeline
    emf = timeline.electromotive_volt
    if _is_capacitor(timeline.half_cycle_columns):
        ampere = float(np.nanmedian(timeline.half_cycle_columns["current_ampere"]))
        return Foreign(
            f"within a second {1e6 * ampere:.3g} µA move the voltage by volts, to and fro: this is "
            "no contact, or a capacitor, and no resistance of a cell",
            CONTACT_WANTED,
        )
    if timeline.symmetric and (bare := _bare(evidence)) is not None:
        return bare
    alone = evidence.rest_volt
    if rests_open(emf, timeline.polarisation_volt, alone):
        alone = float("nan")
    rest = timeline.rest_volt if np.isfinite(timeline.rest_volt) else alone
    if np.isfinite(alone) and abs(alone) > abs(np.nan_to_num(rest)):
        rest = alone
    if abs(rest) >= REST_VOLT and (not timeline.symmetric or abs(alone) >= REST_VOLT):
        return Foreign(f"it rests at {rest:.2f} V, where a symmetric cell rests at 0 V", "")
    if not timeline.symmetric and not (timeline.one_way and evidence.cell.configuration):
        kind = "" if emf >= FULL_CELL_VOLT else ", more than an offset of the cycler"
        return Foreign(f"its mean voltage is {emf:.2f} V{kind}", "")
    drift = _drift(timeline.half_cycle_columns)
    if drift is not None:
        first, last = drift
        return Foreign(f"its mean voltage moves from {first:.2f} to {last:.2f} V", "")
    return None


def _bare(evidence: CellEvidence) -> Foreign | None:
    """A bare collector that is plated and stripped to a cut-off (Cu | Li).

    Where it is stated to be asymmetric V/I may be judged, unless charge is missing.
    """
    found = stripped(evidence.timeline.half_cycle_columns)
    if found is None:
        return None
    lost = found.efficiency < LEAKS
    if evidence.cell.configuration == "asymmetric" and not lost:
        return None
    back = f"{percent(found.efficiency)} of what was plated comes back"
    if lost:
        back += ": the rest went to electrons (an internal short), to reactions or to dead metal"
    if found.ceased >= FEWEST:
        back += (
            f"; the last {found.ceased} of that direction no longer run off, as where a short has "
            "begun"
        )
    stated = evidence.cell.configuration
    but = "the cell is stated to be symmetric, but " if stated == "symmetric" else ""
    return Foreign(
        f"{but}in one direction {found.strips} half-cycles end in a run-off to "
        f"{found.cut_off_volt:.2g} V, in the other none does: a collector that is plated and "
        f"stripped bare (Cu | Li), not two equal electrodes; {back}",
        STRIPPED_WANTED,
    )


def _held(half_cycles: Columns) -> Foreign | None:
    """Say that the voltage was held and the current moved: no instrument column needs to."""
    usable = half_cycles["samples"] >= SHORT_SAMPLES
    mean, first, last, late, ampere, late_ampere = (
        half_cycles[name][usable]
        for name in (
            "voltage_volt",
            "first_voltage_volt",
            "last_voltage_volt",
            "late_voltage_volt",
            "current_ampere",
            "late_current_ampere",
        )
    )
    if not len(mean):
        return None
    near = np.maximum(HELD_SHARE * np.abs(mean), HELD_VOLT)
    moved = np.max(np.abs(np.stack([first, last, late]) - mean), axis=0)
    still = moved <= near
    held = still & (np.abs(late_ampere - ampere) > DECAYED * np.abs(ampere))
    if held.any():  # where the current has settled, the voltage is still that of the hold
        held |= still & (np.abs(mean[:, None] - mean[held]).min(axis=1) <= near)
    if held.mean() <= MOSTLY:
        return None
    span = f"{1e3 * np.abs(mean[held]).min():.3g} to {1e3 * np.abs(mean[held]).max():.3g} mV"
    return Foreign(
        f"{int(held.sum())} of {len(held)} half-cycles are holds at constant voltage ({span}), in "
        "which the current decays: V/I says nothing of a short before it has settled",
        HELD_WANTED,
    )


def _is_capacitor(half_cycles: Columns) -> bool:
    """Volts to and fro within less than a second, in every half-cycle."""
    if len(half_cycles) < 2:
        return False
    begin, end = (half_cycles[name] for name in ("start_time_second", "end_time_second"))
    if (end - begin).max() >= CHARGED_SECOND or end.max() - begin.min() >= 60.0 * CHARGED_SECOND:
        return False
    volts, sign = np.fmax.reduce(np.abs(half_cycles["voltage_volt"])), half_cycles["sign"]
    return bool(volts > FULL_CELL_VOLT and (sign != sign[0]).any())


def _is_formation(half_cycles: Columns) -> bool:
    """A hold or a first charge at a fresh cell's voltage, then a charge to a full cell's."""
    if not len(half_cycles) or not half_cycles["sign"][0] > 0:
        return False
    low, high = FORMATION_VOLT
    volts = half_cycles["voltage_volt"] * half_cycles["sign"]
    moved = np.abs(half_cycles["last_voltage_volt"] - half_cycles["first_voltage_volt"])
    held = (moved < STANDS) & (volts >= low) & (volts <= high)
    fresh = bool(held[:3].any()) and low < volts[0] < high
    return fresh and bool(np.fmax.reduce(volts) > high)


def _drift(half_cycles: Columns) -> tuple[float, float] | None:
    """Mean voltage of the first and of the last cycles, where it comes or goes.

    Both directions then have voltages of one sign: a side that runs away has not.
    """
    sign = half_cycles["sign"].astype(np.float64)
    half = 0.5 * half_cycles["voltage_volt"] * sign
    turned = np.flatnonzero(sign[1:] != sign[:-1])
    if len(turned) < 6:
        return None
    even = half[turned] + half[turned + 1]
    odd = np.abs(half[turned + 1] - half[turned])
    third = len(turned) // 3
    ends = [
        (median(even[part]), median(odd[part])) for part in (slice(0, third), slice(-third, None))
    ]
    own = [
        abs(mean) > OFFSET_VOLT and abs(mean) > max(swing, LOPSIDED * swing) for mean, swing in ends
    ]
    return (ends[0][0], ends[1][0]) if any(own) else None


def _balance(half_cycles: Columns) -> str:
    """Say what the charge balance of its closed cycles is."""
    shares = closed_efficiencies(half_cycles)
    if not len(shares):
        return ""
    mean = float(np.median(shares))
    cycles = f"{len(shares)} closed cycle{'s' if len(shares) > 1 else ''}"
    told = f". Its charge balance says: a discharge gives {percent(mean)} of the charge ({cycles})"
    if mean < LEAKS:
        return (
            f"{told}; {percent(1 - mean)} are lost, to a leak (an internal short) or to reactions"
        )
    return told


def closed_efficiencies(half_cycles: Columns) -> np.ndarray:
    """Coulombic efficiencies (1) of the cycles that end where the one before ended.

    Parameters
    ----------
    half_cycles : Columns
        ``Timeline.half_cycle_columns``. Half-cycles of one sign that follow each other are one.
    """
    sign = half_cycles["sign"]
    edges = np.flatnonzero(np.diff(sign, prepend=0, append=0))
    if len(edges) < 3:
        return np.empty(0)
    charging = charging_sign(half_cycles)
    charge = np.add.reduceat(half_cycles["charge_ampere_second"], edges[:-1])
    last = half_cycles["last_voltage_volt"] * sign
    signs, ends = sign[edges[:-1]], last[edges[1:] - 1]
    found, ended = [], np.nan
    for k in range(len(signs)):
        if signs[k] == charging:
            continue
        if k and abs(ends[k] - ended) < SAME_END_VOLT and charge[k - 1] > 0:
            found.append(charge[k] / charge[k - 1])
        ended = ends[k]
    return np.array(found)
