"""Simple cells with hand-made truth: a resistance over time, cycled at constant current."""

import numpy as np
import pandas as pd

from softbreak.data.history import assemble
from softbreak.data.record import Cell, Record, Source, Technique


def cycled(
    resistance,
    *,
    cycles=20,
    half_hour=1.0,
    interval=60.0,
    current=1e-3,
    noise=1e-4,
    offset=0.0,
    temperature=None,
    cell=None,
    seed=0,
    one_way=False,
):
    """Record of a cell whose V/I is ``resistance(hours)`` (Ω)."""
    half = round(half_hour * 3600 / interval)
    count = half * (1 if one_way else 2) * cycles
    time = np.arange(count) * interval
    sign = np.ones(count) if one_way else np.where((np.arange(count) // half) % 2 == 0, 1.0, -1.0)
    hours = time / 3600
    rng = np.random.default_rng(seed)
    ohm = np.broadcast_to(resistance(hours), (count,))
    voltage = current * sign * ohm + noise * rng.standard_normal(count) + offset
    table = pd.DataFrame(
        {"test_time_second": time, "voltage_volt": voltage, "current_ampere": current * sign}
    )
    if temperature is not None:
        table["ambient_temperature_celsius"] = np.broadcast_to(temperature(hours), (count,)).copy()
    record = Record(Cell(), Technique.CYCLING, table, Source("cell.csv"))
    return assemble(cell or Cell("cell"), [record])
