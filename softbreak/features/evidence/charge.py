"""Running integrals over a cell's whole life: charge, and the time integral of the voltage.

Half-cycles of the timeline begin and end at samples, so that what flowed between the last sample
of one and the first of the next belongs to neither. For judging a short that is nothing; a charge
balance of 0.1 % needs it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from softbreak.data.history import CellHistory
from softbreak.data.record import Record, Technique
from softbreak.data.segment import GAP_FACTOR, GAP_SECOND


@dataclass(frozen=True, slots=True, eq=False)
class Running:
    """Samples of all cycling and rest records on the cell's clock, with running integrals.

    Attributes
    ----------
    time, voltage, current : numpy.ndarray, shape (n,)
        s, V, A; the imposed current where the file has it.
    charge, volt_second : numpy.ndarray, shape (n,)
        ∫I dt (C) and ∫V dt (V s) since the first sample, by the trapezoidal rule; pauses of the
        recording add nothing.
    """

    time: np.ndarray
    voltage: np.ndarray
    current: np.ndarray
    charge: np.ndarray
    volt_second: np.ndarray

    def between(self, begin: float, end: float) -> tuple[float, float]:
        """Return charge (C, signed) and ∫V dt (V s) from one moment (s) to another."""
        moments = [begin, end]
        charge = np.diff(np.interp(moments, self.time, self.charge))
        volt = np.diff(np.interp(moments, self.time, self.volt_second))
        return float(charge[0]), float(volt[0])

    def part(self, begin: float, end: float) -> slice:
        """Return the samples from one moment (s) to another, both ends included."""
        first = int(np.searchsorted(self.time, begin, side="left"))
        return slice(first, int(np.searchsorted(self.time, end, side="right")))


def running(history: CellHistory) -> Running:
    """Integrate charge and voltage over a cell's life.

    Parameters
    ----------
    history : CellHistory
    """
    records = history.of(Technique.CYCLING) + history.of(Technique.REST)
    parts = [_samples(record, clock) for record, clock in records]
    time, voltage, current = (
        np.concatenate([part[k] for part in parts]) if parts else np.empty(0) for k in range(3)
    )
    good = np.isfinite(time) & np.isfinite(voltage) & np.isfinite(current)
    order = np.argsort(time[good], kind="stable")
    time, voltage, current = (values[good][order] for values in (time, voltage, current))
    step = np.diff(time)
    usual = float(np.median(step)) if len(step) else 0.0
    step = np.where((step > GAP_SECOND) & (step > GAP_FACTOR * usual), 0.0, step)
    return Running(time, voltage, current, _integral(current, step), _integral(voltage, step))


def _samples(record: Record, clock: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    current = np.asarray(record.array("current_ampere"), dtype=np.float64)
    if "control_current_ampere" in record.table.columns:
        control = np.asarray(record.array("control_current_ampere"), dtype=np.float64)
        current = np.where(np.isfinite(control), control, current)
    return clock, np.asarray(record.array("voltage_volt"), dtype=np.float64), current


def _integral(values: np.ndarray, step: np.ndarray) -> np.ndarray:
    if not len(values):
        return np.empty(0)
    return np.concatenate(([0.0], np.cumsum(0.5 * (values[1:] + values[:-1]) * step)))
