"""Cyclers that write other rows than the simulator's steady clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from softbreak.compiled import strict
from softbreak.data.record import Record, Technique
from softbreak.simulate.streams import draw_uniform


@dataclass(frozen=True, slots=True)
class Clock:
    """When a cycler writes a row: after so many seconds, or when the voltage has moved by so much.

    Attributes
    ----------
    interval_second : float
        0 keeps every row.
    trigger_volt : float
    """

    interval_second: float
    trigger_volt: float


STEADY = Clock(0.0, np.inf)


FEWEST_ROWS = 12
"""In a half-cycle of any clock: fewer say nothing about its shape."""


def draw_clocks(
    seed: int, identities: np.ndarray, half_hours: np.ndarray, share: float
) -> list[Clock]:
    """Return a clock for each cell; a share of them writes sparse or irregular rows.

    Parameters
    ----------
    seed : int
    identities : ndarray of int64
    half_hours : ndarray
        Length of a half-cycle, h.
    share : float
        Of cells whose cycler thins out its rows.
    """
    thins = draw_uniform(seed, identities, "clock.thins") < share
    interval = 60.0 * 20.0 ** draw_uniform(seed, identities, "clock.interval")
    interval = np.minimum(interval, half_hours * 3600.0 / FEWEST_ROWS)
    trigger = 5e-4 * 20.0 ** draw_uniform(seed, identities, "clock.trigger")
    triggers = draw_uniform(seed, identities, "clock.triggers") < 0.6
    return [
        Clock(float(i), float(v) if by_voltage else np.inf) if thin else STEADY
        for thin, i, v, by_voltage in zip(thins, interval, trigger, triggers, strict=True)
    ]


@strict
def _written(
    time: np.ndarray, voltage: np.ndarray, step: np.ndarray, interval: float, trigger: float
) -> np.ndarray:
    """Mark the rows that a cycler writes; the first and the last of a step always are."""
    keep = np.zeros(time.size, np.bool_)
    last = 0
    for k in range(time.size):
        edge = k == 0 or step[k] != step[k - 1] or k + 1 == time.size or step[k + 1] != step[k]
        late = time[k] - time[last] >= interval
        if edge or late or abs(voltage[k] - voltage[last]) >= trigger:
            keep[k] = True
            last = k
    return keep


def rewritten(records: Sequence[Record], clock: Clock) -> list[Record]:
    """Return the records as another cycler would have written them.

    Parameters
    ----------
    records : sequence of Record
    clock : Clock
        Only galvanostatic cycling is thinned out: sweeps and spectra belong to a potentiostat.
    """
    if clock.interval_second <= 0.0:
        return list(records)
    return [
        _thinned(record, clock) if record.technique is Technique.CYCLING else record
        for record in records
    ]


def _thinned(record: Record, clock: Clock) -> Record:
    keep = _written(
        record.array("test_time_second"),
        record.array("voltage_volt").astype(np.float64),
        record.array("step_count"),
        clock.interval_second,
        clock.trigger_volt,
    )
    return replace(record, table=record.table[keep].reset_index(drop=True))
