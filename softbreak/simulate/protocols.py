"""What is done to a cell: a program is an array of steps.

Currents are areal (A cm⁻²), voltages those of the terminals, times seconds, temperatures °C.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

CONSTANT_CURRENT: Final = 0
CONSTANT_VOLTAGE: Final = 1
REST: Final = 2
SWEEP: Final = 3
SPECTRUM: Final = 4

STEP = np.dtype(
    [
        ("kind", "i4"),
        ("cycle", "i4"),  # cycle of the cell's life to which it counts, -1 for none
        ("part", "i4"),  # number of the measurement: steps of one file share it
        ("points", "i4"),  # rows that it can make at most
        ("value", "f8"),  # A/cm², V, or the vertex of a sweep in V
        ("limit", "f8"),  # |V| that ends a constant current; 0 for none
        ("lower", "f8"),  # signed V below which a discharge ends; -1e9 for none
        ("duration", "f8"),  # s
        ("interval", "f8"),  # s between rows
        ("trigger", "f8"),  # V of change that makes a row before the interval ends
        ("rate", "f8"),  # V/s
        ("temperature", "f8"),  # °C of the chamber
    ],
    align=True,
)

SPECTRUM_SECONDS: Final = 1200.0
"""Time that a spectrum takes; the state rests meanwhile and is measured at its end."""
FIRST_ROW: Final = 1.0
"""A cycler writes the first row of a step this long after it switched (s)."""


def step(kind: int, value: float, duration: float, **details: float) -> np.ndarray:
    """Return one step.

    Parameters
    ----------
    kind : int
        CONSTANT_CURRENT, CONSTANT_VOLTAGE, REST, SWEEP or SPECTRUM.
    value : float
        Areal current (A cm⁻²), voltage (V) or vertex (V).
    duration : float
        Seconds.
    **details
        Other fields of STEP.

    Returns
    -------
    ndarray of STEP, shape (1,)
    """
    one = np.zeros(1, STEP)
    one["kind"], one["value"], one["duration"] = kind, value, duration
    one["cycle"], one["interval"], one["trigger"] = -1, 120.0, 1e9
    one["lower"], one["temperature"] = -1e9, 25.0
    for name, given in details.items():
        one[name] = given
    interval = one["interval"][0] if one["trigger"][0] > 1e8 else 10.0
    one["points"] = 0 if kind == SPECTRUM else math.ceil(duration / interval) + 1
    return one


def plating(current: float, hours: float, **details: float) -> np.ndarray:
    """Return one constant current in one direction (A cm⁻², signed; h)."""
    return step(CONSTANT_CURRENT, current, hours * 3600.0, **details)


def rest(hours: float, **details: float) -> np.ndarray:
    """Return an open circuit."""
    return step(REST, 0.0, hours * 3600.0, **details)


def hold(voltage: float, hours: float = 1.0, **details: float) -> np.ndarray:
    """Return a constant voltage: the leakage measurement (1 h), or the second half of CC/CV."""
    return step(CONSTANT_VOLTAGE, voltage, hours * 3600.0, **details)


def spectrum(**details: float) -> np.ndarray:
    """Return an impedance spectrum at the open circuit."""
    return step(SPECTRUM, 0.0, SPECTRUM_SECONDS, **details)


def voltammetry(
    vertex: float, rate: float, cycles: int = 1, points: int = 40, **details: float
) -> np.ndarray:
    """Return triangular sweeps 0, +V, -V, 0.

    Parameters
    ----------
    vertex : float
        V.
    rate : float
        V s⁻¹.
    cycles : int
        Sweeps of four times the vertex each.
    points : int
        Rows a sweep.
    """
    period = 4.0 * vertex / rate
    return step(SWEEP, vertex, cycles * period, rate=rate, interval=period / points, **details)


def cycling(
    current: float, half_hours: float, cycles: int, first: int = 0, **details: float
) -> np.ndarray:
    """Return pairs of plating half-cycles, numbered from ``first``."""
    pair = np.concatenate([plating(s * current, half_hours, **details) for s in (1.0, -1.0)])
    program = np.tile(pair, cycles)
    program["cycle"] = np.repeat(np.arange(first, first + cycles), 2)
    return program


def critical_current(
    lowest: float, highest: float, steps: int, half_hours: float = 1.0, **details: float
) -> np.ndarray:
    """Return a ramp of cycling currents (A cm⁻²), one cycle each: critical current density."""
    currents = np.linspace(lowest, highest, steps)
    return np.concatenate(
        [cycling(j, half_hours, 1, first=i, **details) for i, j in enumerate(currents)]
    )


def current_then_voltage(
    current: float, limit: float, hours: float, hold_hours: float, **details: float
) -> np.ndarray:
    """Return a constant current up to a voltage, which is then held."""
    return np.concatenate(
        [
            plating(current, hours, limit=limit, **details),
            hold(math.copysign(limit, current), hold_hours, **details),
        ]
    )


def temperature_series(temperatures: list[float], soak_hours: float = 2.0) -> np.ndarray:
    """Return a soak and a spectrum at each temperature (°C)."""
    return np.concatenate(
        [
            one
            for part, t in enumerate(temperatures)
            for one in (
                rest(soak_hours, temperature=t, part=part, interval=600.0),
                spectrum(temperature=t, part=part),
            )
        ]
    )


def coulombic(
    current: float, capacity: float, limit: float, cycles: int, **details: float
) -> np.ndarray:
    """Return plating by capacity (mAh cm⁻²) and stripping to a voltage limit.

    For asymmetric cells: side 1 receives the metal that positive current brings.
    """
    hours = capacity / (current * 1000.0)
    pair = np.concatenate(
        [
            plating(current, hours, limit=limit, **details),
            plating(-current, 1.5 * hours, limit=limit, **details),
        ]
    )
    program = np.tile(pair, cycles)
    program["cycle"] = np.repeat(np.arange(cycles), 2)
    return program


def chain(*programs: np.ndarray) -> np.ndarray:
    """Return programs one after another; each becomes its own measurement (``part``)."""
    joined = []
    for part, program in enumerate(programs):
        copy = program.copy()
        copy["part"] = part
        joined.append(copy)
    return np.concatenate(joined)
