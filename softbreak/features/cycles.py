"""Cycles: the half-cycles of a pair joined, and what happened while the current reversed."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from softbreak.features.events import EVENT_SIGMAS, PERSISTENCE

SAME_CURRENT: Final = 0.05
"""Half-cycles whose currents differ by less than this fraction can be compared."""
SMALLEST_REVERSAL: Final = 0.10
"""Smallest change of ln R across a reversal that counts as abrupt."""
_CYCLE_COLUMNS: Final = (
    "cycle_index",
    "start_time_second",
    "end_time_second",
    "samples",
    "charge_ampere_second",
    "current_ampere",
    "resistance_ohm",
    "late_resistance_ohm",
    "noise",
    "asymmetry",
    "interval_second",
    "temperature_celsius",
    "directions",
    "excursions",
    "first_half_cycle",
    "last_half_cycle",
)


def with_reversals(half_cycles: pd.DataFrame, events: pd.DataFrame) -> pd.DataFrame:
    """Add the abrupt changes that happened while the current reversed.

    What ln R does from the end of one half-cycle to the beginning of the next is compared with
    the reversal before last, which has the same direction.
    """
    if len(half_cycles) < 4:
        return events
    sign = half_cycles["sign"].to_numpy()
    flow = half_cycles["current_ampere"].to_numpy()
    with np.errstate(divide="ignore", invalid="ignore"):
        first = np.log(half_cycles["first_voltage_volt"].to_numpy() / flow)
        last = np.log(half_cycles["last_voltage_volt"].to_numpy() / flow)
        mean = np.log(half_cycles["resistance_ohm"].to_numpy())
        noise = (half_cycles["noise_volt"] / half_cycles["voltage_volt"].abs()).to_numpy()
        jump = first[1:] - last[:-1]
        m = np.arange(3, len(half_cycles))
        change = jump[m - 1] - jump[m - 3]
        lasting = (mean[m] - mean[m - 2]) / change
        start = half_cycles["start_time_second"].to_numpy()
        end = half_cycles["end_time_second"].to_numpy()
        usual = (end - start) / np.maximum(half_cycles["samples"].to_numpy() - 1, 1)
        record = half_cycles["record"].to_numpy()
        neighbours = (start[m] - end[m - 1] <= 3.0 * usual[m] + 1.0) & (record[m] == record[m - 1])
        steady = np.all(
            [(sign[m - k] == -sign[m]) == bool(k % 2) for k in (1, 2, 3)]
            + [np.abs(flow[m - k] / flow[m] - 1.0) < SAME_CURRENT for k in (1, 2, 3)],
            axis=0,
        )
    scatter = np.minimum(np.nan_to_num(noise[m], posinf=1e6), 1e6)
    limit = np.maximum(SMALLEST_REVERSAL, EVENT_SIGMAS * scatter)
    found = m[
        steady & neighbours & (np.abs(change) > limit) & (lasting > PERSISTENCE) & (lasting < 2.0)
    ]
    if not len(found):
        return events
    more = pd.DataFrame(
        {
            "half_cycle_index": found,
            "cycle_index": half_cycles["cycle_index"].to_numpy()[found],
            "time_second": half_cycles["start_time_second"].to_numpy()[found],
            "change": change[found - 3],
            "before_ohm": np.exp(last[found - 1]),
            "after_ohm": np.exp(last[found - 1] + change[found - 3]),
        }
    )
    joined = pd.concat([events, more], ignore_index=True) if len(events) else more
    return joined.sort_values("time_second", kind="stable", ignore_index=True)


def cycle_table(half_cycles: pd.DataFrame) -> pd.DataFrame:
    """Join the half-cycles of each cycle.

    The two current directions weigh the same, so that a constant voltage offset of the cycler
    cancels: R = (V₊ − V₋)/(I₊ − I₋).

    Returns
    -------
    pandas.DataFrame
        ``cycle_index, start_time_second, end_time_second, samples, charge_ampere_second,
        current_ampere, resistance_ohm`` (whole cycle), ``late_resistance_ohm`` (second halves),
        ``noise`` (scatter of a sample over |V|), ``asymmetry`` ((V₊ + V₋)/(V₊ − V₋)),
        ``interval_second`` (longest), ``temperature_celsius``, ``directions`` (1 or 2),
        ``excursions`` (abrupt drops that came back at once), ``first_half_cycle`` and
        ``last_half_cycle``.
    """
    cycle = half_cycles["cycle_index"].to_numpy(dtype=np.int64)
    if not len(cycle):
        return pd.DataFrame({name: np.empty(0) for name in _CYCLE_COLUMNS})
    count = int(cycle.max()) + 1
    begin = half_cycles["start_time_second"].to_numpy()
    end = half_cycles["end_time_second"].to_numpy()
    duration = np.maximum(end - begin, 1e-9)
    plus = half_cycles["sign"].to_numpy() > 0

    def total(values: np.ndarray) -> np.ndarray:
        return np.bincount(cycle, values, minlength=count)

    def mean(name: str) -> np.ndarray:
        """Time average over each current direction: rows are +, −; NaN where there is none."""
        values = half_cycles[name].to_numpy() * duration
        key = 2 * cycle + plus
        sums = np.bincount(key, values, minlength=2 * count)
        weights = np.bincount(key, duration, minlength=2 * count)
        with np.errstate(invalid="ignore", divide="ignore"):
            return (sums / weights).reshape(-1, 2).T[::-1]

    voltage, late = mean("voltage_volt"), mean("late_voltage_volt")
    current, late_current = mean("current_ampere"), mean("late_current_ampere")
    warm = half_cycles["temperature_celsius"].to_numpy()
    known = np.isfinite(warm)
    first = np.searchsorted(cycle, np.arange(count), side="left")
    last = np.searchsorted(cycle, np.arange(count), side="right") - 1
    with np.errstate(invalid="ignore", divide="ignore"):
        whole = np.nansum(voltage, axis=0)
        return pd.DataFrame(
            {
                "cycle_index": np.arange(count),
                "start_time_second": begin[first],
                "end_time_second": end[last],
                "samples": total(half_cycles["samples"].to_numpy()).astype(np.int64),
                "charge_ampere_second": total(half_cycles["charge_ampere_second"].to_numpy()),
                "current_ampere": np.nansum(current, axis=0) / np.isfinite(current).sum(axis=0),
                "resistance_ohm": whole / np.nansum(current, axis=0),
                "late_resistance_ohm": np.nansum(late, axis=0) / np.nansum(late_current, axis=0),
                "noise": np.nanmax(np.nan_to_num(mean("noise_volt")), axis=0) / np.abs(whole),
                "asymmetry": (voltage[0] - voltage[1]) / whole,
                "interval_second": np.maximum.reduceat(
                    half_cycles["longest_interval_second"].to_numpy(), first
                ),
                "temperature_celsius": total(np.where(known, warm, 0.0) * duration)
                / total(known * duration),
                "directions": np.isfinite(voltage).sum(axis=0),
                "excursions": total(half_cycles["excursions"].to_numpy()).astype(np.int64),
                "first_half_cycle": first,
                "last_half_cycle": last,
            }
        )
