"""Stretches at constant voltage: leakage tests, and constant voltage after constant current."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from softbreak.data.history import CellHistory
from softbreak.data.record import Record, Technique
from softbreak.features.half_cycles.polarity import TEMPERATURE, plausible_temperature

LEAST_SAMPLES: Final = 20
LEAST_SECOND: Final = 60.0
BEFORE: Final = 3
"""Samples before a hold that say whether the cell was at rest."""
STEADY: Final = 0.005
"""A voltage that moves by less than this fraction (and 0.5 mV) is held …"""
STEADY_VOLT: Final = 5e-4
CHANGING: Final = 0.05
"""… if the current meanwhile changes by more than this fraction: else the current is held."""

EARLY: Final = 10
"""Its beginning is so much of a hold."""


@dataclass(frozen=True, slots=True, eq=False)
class Hold:
    """One stretch at constant voltage.

    Attributes
    ----------
    start_second : float
        On the cell's clock (s).
    time, current : numpy.ndarray
        s since the hold began; A.
    voltage_volt : float
        Median of the measured voltage (V).
    fresh : bool
        No current flowed just before: the first current is that of a cell not yet polarised.
    path : str
        The file.
    temperature_celsius : float
        Median of its last quarter (°C); NaN where none was logged.
    """

    start_second: float
    time: np.ndarray
    current: np.ndarray
    voltage_volt: float
    fresh: bool
    path: str
    temperature_celsius: float = float("nan")


def holds_of(history: CellHistory) -> list[Hold]:
    """Find the stretches at constant voltage in a cell's history.

    Where the file says what the instrument imposed, that decides; else a voltage that stands
    still while the current moves.

    Parameters
    ----------
    history : CellHistory

    Returns
    -------
    list of Hold
        In the order of time; none shorter than 20 samples or a minute.
    """
    found = []
    for record, clock in zip(history.records, history.clocks, strict=True):
        if record.technique in (Technique.CYCLING, Technique.REST):
            found += [_hold(record, clock, a, b) for a, b in _stretches(record, clock)]
    found = [hold for hold in found if len(hold.time) >= LEAST_SAMPLES]
    return sorted(found, key=lambda hold: hold.start_second)


def _hold(record: Record, clock: np.ndarray, start: int, stop: int) -> Hold:
    part = slice(start, stop)
    voltage = record.array("voltage_volt")[part].astype(np.float64)
    current = record.array("current_ampere")[part].astype(np.float64)
    good = np.isfinite(voltage) & np.isfinite(current)
    return Hold(
        float(clock[start]),
        clock[part][good] - clock[start],
        current[good],
        float(np.median(voltage[good])) if good.any() else float("nan"),
        _fresh(record, start, stop),
        record.source.path,
        _celsius(record, start + 3 * (stop - start) // 4, stop),
    )


def _celsius(record: Record, start: int, stop: int) -> float:
    if TEMPERATURE not in record.table:
        return float("nan")
    found = plausible_temperature(record.array(TEMPERATURE)[start:stop].astype(np.float64))
    found = found[np.isfinite(found)]
    return float(np.median(found)) if len(found) else float("nan")


def _fresh(record: Record, start: int, stop: int) -> bool:
    """Whether the samples before a hold carried next to no current."""
    current = np.abs(record.array("current_ampere").astype(np.float64))
    before = current[max(start - BEFORE, 0) : start]
    during = float(np.nanmax(current[start:stop], initial=0.0))
    return not len(before) or float(np.nanmax(before, initial=0.0)) < CHANGING * during


def _stretches(record: Record, clock: np.ndarray) -> list[tuple[int, int]]:
    if len(clock) < LEAST_SAMPLES:
        return []
    columns = record.table.columns
    if "control_voltage_volt" in columns:
        level = record.array("control_voltage_volt").astype(np.float64)
        runs = _runs(np.isfinite(level), level)
        return [run for run in runs if _long(clock, run) and _somewhere(record, run)]
    level = record.array("voltage_volt").astype(np.float64)
    # Without a word about what was imposed, no current at all is a rest.
    allowed = np.isfinite(level) & (record.array("current_ampere") != 0)
    if "control_current_ampere" in columns:
        allowed &= ~np.isfinite(record.array("control_current_ampere"))
    return [
        run
        for run in _runs(allowed, level)
        if _long(clock, run) and _somewhere(record, run) and _moves(record, run)
    ]


def _runs(allowed: np.ndarray, level: np.ndarray) -> list[tuple[int, int]]:
    """Stretches of allowed samples whose level stays near where it stood when they began."""
    runs: list[tuple[int, int]] = []
    values, free = level.tolist(), allowed.tolist()
    start = 0
    while start < len(values):
        centre = values[start]
        reach = max(STEADY * abs(centre), STEADY_VOLT)
        stop, near = start + 1, min(start + LEAST_SAMPLES, len(values))
        while stop < near and free[stop] and abs(values[stop] - centre) <= reach:
            stop += 1
        if stop == near:
            stop = _left(allowed, level, stop, centre, reach)
        if free[start]:
            runs.append((start, stop))
        start = stop
    return runs


def _left(allowed: np.ndarray, level: np.ndarray, at: int, centre: float, reach: float) -> int:
    """First sample from one on that is not allowed, or not near; ever more at once."""
    many = 8 * LEAST_SAMPLES
    while at < len(level):
        part = slice(at, at + many)
        held = allowed[part] & (np.abs(level[part] - centre) <= reach)
        if not held.all():
            return at + int(np.argmin(held))
        at, many = at + len(held), 2 * many
    return at


def _long(clock: np.ndarray, run: tuple[int, int]) -> bool:
    start, stop = run
    return stop - start >= LEAST_SAMPLES and clock[stop - 1] - clock[start] >= LEAST_SECOND


def _somewhere(record: Record, run: tuple[int, int]) -> bool:
    """Whether the voltage held is one at all: a rest at zero is no leakage test."""
    part = record.array("voltage_volt")[run[0] : run[1]]
    current = record.array("current_ampere")[run[0] : run[1]]
    return bool(abs(np.nanmedian(part)) > STEADY_VOLT and np.nanmax(np.abs(current)) > 0)


def _moves(record: Record, run: tuple[int, int]) -> bool:
    current = record.array("current_ampere")[run[0] : run[1]].astype(np.float64)
    strong = np.abs(current) > 0.5 * np.nanmax(np.abs(current))
    if current[strong].min() < 0.0 < current[strong].max():
        return False  # a file that shows |V|, while the cell is cycled
    n = run[1] - run[0]  # what decays does so at first
    first = float(np.nanmean(current[: max(n // EARLY, BEFORE)]))
    last = float(np.nanmean(current[-max(n // 3, 1) :]))
    return abs(first - last) > CHANGING * max(abs(first), abs(last))
