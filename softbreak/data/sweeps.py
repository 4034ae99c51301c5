"""Voltammetry told from its samples: the voltage is a triangle at one rate, the current follows.

Many tables do not name their technique. Whatever is not surely voltammetry is left as cycling: a
constant current with its rests and holds, a polarisation that diverges, titration. All of these
hold the current still, or bend the voltage.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Final

import numpy as np

MOST_SAMPLES: Final = 3000
"""Looked at: evenly, of longer tables."""
LEAST_SAMPLES: Final = 30
LEAST_IN_SWEEP: Final = 8
LEAST_SWEEPS: Final = 3
LEAST_VOLT: Final = 5e-3
TURN: Final = 0.1
"""A sweep turns where the voltage goes back by this share of its range."""
FLAT: Final = 0.03
"""Before the first sweep and behind the last one, the voltage stands within this share."""
MOST_BENT: Final = 0.01
"""Of a sweep's height: how far (root mean square) a straight line misses it."""
EXACT: Final = 3e-3
STRAIGHTER: Final = 0.2
"""A current that is so much straighter than a voltage which is not exact was the one imposed."""
SAME_RATE: Final = 0.05
STILL: Final = 1e-3
"""Of the largest current: a current that changes by less stands still."""
MOST_STILL: Final = 0.5
LEAST_SPAN: Final = 0.5
"""Of a sweep's largest current: the range of its currents."""
MOST_STEPS: Final = 0.6
"""Of a staircase's samples, in so few the voltage moves; a few samples stand on every step."""
MOST_ROUGH: Final = 0.3
"""Mean square of the steps over the variance, 2 for noise and near 0 for a curve."""
LEAST_FOLLOW: Final = 0.6
"""In so many sweeps at least, the current is a curve that rises with the voltage."""


def sweep_rate(
    time: np.ndarray,
    voltage: np.ndarray,
    current: np.ndarray,
    imposed_current: np.ndarray | None = None,
) -> float | None:
    """Return the rate of voltammetry; None where the samples are not surely such.

    Parameters
    ----------
    time, voltage, current : ndarray, shape (n,)
        s, V, A; in the order of their recording.
    imposed_current : ndarray, shape (n,), optional
        A; finite where the instrument imposed it.

    Returns
    -------
    float or None
        V s⁻¹, positive.
    """
    if imposed_current is not None and np.isfinite(imposed_current).any():
        return None
    columns = _steps_of_a_staircase(time, voltage, current)
    step = max(1, len(columns[0]) // MOST_SAMPLES)
    table = np.stack([x[::step].astype(np.float64) for x in columns])
    table = table[:, np.isfinite(table).all(axis=0)]
    if table.shape[1] < LEAST_SAMPLES or (np.diff(table[0]) <= 0).any():
        return None
    table = _swept(table)
    if table.shape[1] < LEAST_SAMPLES or _stands_still(table[2]):
        return None
    turns = _turns(table[1], TURN * float(np.ptp(table[1])))
    if turns is None or len(turns) < LEAST_SWEEPS - 1:
        return None
    edges = [0, *turns, table.shape[1] - 1]
    sweeps = [table[:, a : b + 1] for a, b in pairwise(edges)]
    rates = np.array([abs(_rate(s)) if s.shape[1] >= LEAST_IN_SWEEP else 0.0 for s in sweeps])
    rate = float(np.median(rates))
    straight = (np.abs(rates - rate) <= SAME_RATE * rate) & (rate > 0)
    # the first and the last one may be cut short
    if not straight[1:-1].all() or np.count_nonzero(straight) < LEAST_SWEEPS:
        return None
    follow = [_follows(sweep) for sweep, good in zip(sweeps, straight, strict=True) if good]
    return rate if np.mean(follow) >= LEAST_FOLLOW else None


def _steps_of_a_staircase(
    time: np.ndarray, voltage: np.ndarray, current: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Keep the last sample on every step, where the voltage mostly stands and goes in steps."""
    moves = voltage[1:] != voltage[:-1]
    if (np.count_nonzero(moves) + 1) / max(len(voltage), 1) > MOST_STEPS:
        return time, voltage, current
    goes_on = np.append(moves, [True])
    return time[goes_on], voltage[goes_on], current[goes_on]


def _swept(table: np.ndarray) -> np.ndarray:
    """Cut off what stands still before the first sweep and behind the last one."""
    voltage = table[1]
    span = float(np.ptp(voltage))
    if span < LEAST_VOLT:
        return table[:, :0]
    first = int(np.argmax(np.abs(voltage - voltage[0]) > FLAT * span))
    last = len(voltage) - int(np.argmax(np.abs(voltage - voltage[-1])[::-1] > FLAT * span))
    return table[:, first:last]


def _stands_still(current: np.ndarray) -> bool:
    most = float(np.abs(current).max())
    return bool(np.mean(np.abs(np.diff(current)) <= STILL * most) > MOST_STILL)


def _turns(voltage: np.ndarray, least: float) -> list[int] | None:
    """Return where the voltage turns back by ``least`` or more; None if it does too soon again."""
    found: list[int] = []
    low = high = 0
    rising = 0
    for k, value in enumerate(voltage.tolist()):
        if value > voltage[high]:
            high = k
        if value < voltage[low]:
            low = k
        if rising >= 0 and value < voltage[high] - least:
            found += [high] if rising else []
            rising, low = -1, k
        elif rising <= 0 and value > voltage[low] + least:
            found += [low] if rising else []
            rising, high = 1, k
        else:
            continue
        if len(found) > 1 and found[-1] - found[-2] + 1 < LEAST_IN_SWEEP:
            return None
    return found


def _rate(sweep: np.ndarray) -> float:
    """Return the rate of a sweep (V/s) if it is straight, and the current is not straighter."""
    time, voltage, current = sweep[:, 1:-1]
    slope, missed = _line(time, voltage)
    height = float(np.ptp(voltage))
    if not height > 0 or missed > MOST_BENT * height:
        return 0.0
    bent = _line(time, current)[1] / (float(np.ptp(current)) or 1.0)
    return 0.0 if missed > EXACT * height and bent < STRAIGHTER * missed / height else slope


def _line(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Return the slope of a straight line and how far it misses (root mean square)."""
    from_mean = x - x.mean()
    slope = float(from_mean @ y / (from_mean @ from_mean))
    return slope, float(np.sqrt(np.mean((y - y.mean() - slope * from_mean) ** 2)))


def _follows(sweep: np.ndarray) -> bool:
    """Whether the current is a curve that rises with the voltage, and does not stand."""
    _, voltage, current = sweep[:, 1:-1]
    variance = float(np.var(current))
    if not variance or float(np.ptp(current)) < LEAST_SPAN * float(np.abs(current).max()):
        return False
    rough = float(np.mean(np.diff(current) ** 2)) / variance
    return rough <= MOST_ROUGH and _line(voltage, current)[0] > 0
