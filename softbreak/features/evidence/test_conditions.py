"""How a cell was really tested: what the standard protocol asks about, read from its records."""

from __future__ import annotations

from typing import Final

import numpy as np

from softbreak.data.history import CellHistory, merged_cell
from softbreak.data.record import Cell, Record, Technique
from softbreak.features.cycles.timeline import Timeline
from softbreak.metals import Metal, electrode_metal
from softbreak.physics.protocol import Facts
from softbreak.physics.rate import SAME_LEVEL, CriticalCurrent, Steps, critical_current, steps_of

MILLIAMPERE_HOUR: Final = 3.6
"""Coulomb in a milliampere-hour."""
LEAST_STEPS: Final = 3
"""So many rising current densities make a rate test."""
LOW_FREQUENCY_HERTZ: Final = 0.01
"""An impedance spectrum is a low-frequency one if it goes down to this."""
LATE: Final = 0.5
"""A measurement comes after cycling if more than this share of its charge had passed."""


def metal_of(cell: Cell) -> Metal | None:
    """Return the metal that a cell's half-cycles move; None where its constants are not known.

    In a full cell the electrode that is stated may be the other one: there the ion decides.

    Parameters
    ----------
    cell : Cell
    """
    found = electrode_metal(cell.electrode, cell.electrolyte)
    if found is None and cell.configuration == "full":
        return electrode_metal(None, cell.electrolyte)
    return found


def steps_of_timeline(timeline: Timeline, area_cm2: float | None) -> tuple[Steps, np.ndarray]:
    """Gather half-cycles into steps of one current density.

    Parameters
    ----------
    timeline : Timeline
    area_cm2 : float or None

    Returns
    -------
    steps : Steps
        In mA cm⁻² and mAh cm⁻², or mA and mAh where the area is not known; voltages in V.
    capacity : numpy.ndarray
        Of every half-cycle, in that unit.
    """
    table, area = timeline.half_cycles, area_cm2 or 1.0
    current = table["current_ampere"].to_numpy(dtype=np.float64) * 1e3 / area
    capacity = table["charge_ampere_second"].to_numpy(dtype=np.float64) / MILLIAMPERE_HOUR / area
    voltage = table["voltage_volt"].to_numpy(dtype=np.float64)
    return steps_of(current, voltage - _offset(timeline), capacity), capacity


def _offset(timeline: Timeline) -> np.ndarray:
    """Share of every half-cycle's voltage (V) that is an offset of the instrument.

    What the two directions of one current have in common: it cancels in a cycle, but not in a
    half-cycle that stands alone.
    """
    half = timeline.half_cycle_columns
    sign = half["sign"].astype(np.float64)
    if timeline.unipolar or len(sign) < 2:
        return np.zeros(len(sign))
    volts, ampere = half["voltage_volt"] * sign, half["current_ampere"]
    equal = np.abs(ampere[1:] / ampere[:-1] - 1.0) <= SAME_LEVEL
    pairs = (0.5 * (volts[1:] + volts[:-1]))[(sign[1:] != sign[:-1]) & equal]
    pairs = pairs[np.isfinite(pairs)]
    return float(np.median(pairs)) * sign if len(pairs) else np.zeros(len(sign))


def ramp_of(steps: Steps) -> Steps | None:
    """Return the longest stretch of rising current densities (None below three)."""
    density = steps.current_density
    best, start = (0, 0), 0
    for k in range(1, len(density) + 1):
        if k == len(density) or density[k] <= density[k - 1]:
            best = max(best, (start, k), key=lambda run: run[1] - run[0])
            start = k
    if best[1] - best[0] < LEAST_STEPS:
        return None
    part = slice(*best)
    return Steps._make(values[part] for values in steps)


def rate_test_of(steps: Steps) -> Steps:
    """Return the steps of a rate test, with the way back: from where the ramp begins to the end.

    Parameters
    ----------
    steps : Steps
        All of a cell's life; without a ramp they are returned as they are.
    """
    ramp = ramp_of(steps)
    if ramp is None:
        return steps
    begin = int(np.searchsorted(steps.first, ramp.first[0]))
    return Steps._make(values[begin:] for values in steps)


def critical_current_of(timeline: Timeline, area_cm2: float | None) -> CriticalCurrent | None:
    """Critical current density of the rate test in a cell's life (None without one)."""
    steps, capacity = steps_of_timeline(timeline, area_cm2)
    ramp = ramp_of(steps)
    if ramp is None:
        return None
    return critical_current(ramp, capacity, areal=bool(area_cm2))


def facts_of(history: CellHistory, timeline: Timeline) -> Facts:
    """Collect what a cell's manifest and records say about how it was tested.

    Areal quantities stay unknown where the area is.

    Parameters
    ----------
    history : CellHistory
    timeline : Timeline
    """
    cell = merged_cell(history.cell, history.records)
    cycling = _cycling(timeline, cell)
    ramp = _ramp(timeline, cell)
    voltammetry, impedance = _after(history, timeline)
    asymmetric = cell.configuration == "asymmetric"
    return Facts(
        porosity=cell.porosity,
        electrolyte_thickness_um=cell.electrolyte_thickness_um,
        lithium_thickness_um=cell.lithium_thickness_um,
        pressure_mpa=cell.pressure_mpa,
        temperature_celsius=_temperature(cell, timeline),
        areal_capacity=cycling.get("areal_capacity"),
        current_density=cycling.get("current_density"),
        cycles=int(cycling["cycles"]) if "cycles" in cycling else None,
        voltammetry_after=voltammetry,
        impedance_after=impedance,
        ramp_lowest=ramp.get("lowest"),
        ramp_highest=ramp.get("highest"),
        ramp_capacity=ramp.get("capacity"),
        ramp_cycles=int(ramp["cycles"]) if "cycles" in ramp else None,
        ramp_failed=bool(ramp["failed"]) if "failed" in ramp else None,
        efficiency_capacity=cycling.get("areal_capacity") if asymmetric else None,
        efficiency_foil_um=cell.lithium_thickness_um if asymmetric else None,
        metal=metal_of(cell),
    )


def _cycling(timeline: Timeline, cell: Cell) -> dict[str, float]:
    """Current density with most charge behind it: the long-term cycling."""
    steps, capacity = steps_of_timeline(timeline, cell.area_cm2)
    if not len(steps.current_density) or not cell.area_cm2:
        return {}
    if timeline.one_way:  # its rows are slices of one half-cycle
        density = float(np.median(steps.current_density))
        return {"areal_capacity": float(capacity.sum()), "current_density": density, "cycles": 0}
    if ramp_of(steps) is not None and steps.cycles.max() < 2 * max(np.median(steps.cycles), 5):
        return {}  # nothing but a rate test
    best = int(np.argmax(steps.capacity * steps.half_cycles))
    return {
        "areal_capacity": float(steps.capacity[best]),
        "current_density": float(steps.current_density[best]),
        "cycles": float(steps.cycles[best]),
    }


def _ramp(timeline: Timeline, cell: Cell) -> dict[str, float]:
    steps, capacity = steps_of_timeline(timeline, cell.area_cm2)
    ramp = ramp_of(steps)
    if ramp is None or not cell.area_cm2:
        return {}
    found = critical_current(ramp, capacity)
    return {
        "lowest": float(ramp.current_density[0]),
        "highest": float(ramp.current_density[-1]),
        "capacity": float(ramp.capacity.min()),
        "cycles": float(ramp.cycles[:-1].min()),
        "failed": float(np.isfinite(found.failed_at)),
    }


def _temperature(cell: Cell, timeline: Timeline) -> float | None:
    if cell.temperature_celsius is not None:
        return cell.temperature_celsius
    logged = timeline.half_cycles["temperature_celsius"].to_numpy(dtype=np.float64)
    logged = logged[np.isfinite(logged)]
    return float(np.median(logged)) if len(logged) else None


def _after(history: CellHistory, timeline: Timeline) -> tuple[bool | None, bool | None]:
    """Whether a CV and a low-frequency spectrum were taken after the cycling."""
    table = timeline.half_cycles
    if not len(table):
        return None, None
    passed = np.cumsum(table["charge_ampere_second"].to_numpy())
    late = float(table["end_time_second"].to_numpy()[np.searchsorted(passed, LATE * passed[-1])])
    starts = {
        technique: [
            float(clock[0])
            for record, clock in history.of(technique)
            if len(clock) and (technique is Technique.VOLTAMMETRY or _is_low(record))
        ]
        for technique in (Technique.VOLTAMMETRY, Technique.IMPEDANCE)
    }
    return (
        any(start >= late for start in starts[Technique.VOLTAMMETRY]),
        any(start >= late for start in starts[Technique.IMPEDANCE]),
    )


def _is_low(record: Record) -> bool:
    frequency = np.asarray(record.array("frequency_hertz"), dtype=np.float64)
    frequency = frequency[frequency > 0]
    return bool(len(frequency) and frequency.min() <= LOW_FREQUENCY_HERTZ * 1.05)
