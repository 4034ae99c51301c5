"""Nasty records, as arrays, and ways to cut them into chunks."""

from itertools import pairwise

import numpy as np


def cycled(half=30, halves=8, *, ohm=100.0, current=1e-3, interval=60.0, seed=0, noise=1e-4):
    """Columns of a symmetric cell."""
    count = half * halves
    time = np.arange(count) * interval
    sign = np.where((np.arange(count) // half) % 2 == 0, 1.0, -1.0)
    rng = np.random.default_rng(seed)
    return {
        "test_time_second": time,
        "voltage_volt": ohm * current * sign + noise * rng.standard_normal(count),
        "current_ampere": current * sign,
    }


def nasty():
    """Records that break what is usual, by name."""
    plain = cycled()
    time, volt, amp = (plain[name] for name in plain)
    count = len(time)
    hour = np.arange(count)
    holed = volt.copy()
    holed[[3, 50, 51, 120]] = np.nan
    lost = time.copy()
    lost[[0, 7, 8, count - 1]] = np.nan
    reset = np.where(hour >= 100, time - time[100], time)
    spiked = amp.copy()
    spiked[[10, 70, 71, 130]] *= 7.0
    gapped = time + np.where(hour >= 95, 90_000.0, 0.0)
    rests = np.where((hour % 40) < 8, 0.0, amp)
    one_way = cycled(half=600, halves=1, interval=20.0)
    one_way["voltage_volt"][300:] *= 0.4
    held = {"control_voltage_volt": np.where(hour < 30, 0.1, np.nan)}
    drop = volt * np.where(hour >= 100, 0.5, 1.0)
    wrong_sign = np.where(hour == 213, -amp, amp)
    swapped = time.copy()
    swapped[[60, 61]] = time[[61, 60]]
    return {
        "plain": plain,
        "drop": plain | {"voltage_volt": drop},
        "missing voltages": plain | {"voltage_volt": holed},
        "missing times": plain | {"test_time_second": lost},
        "clock reset": plain | {"test_time_second": reset},
        "out of order": plain | {"test_time_second": swapped},
        "current spikes": plain | {"current_ampere": spiked},
        "gap": plain | {"test_time_second": gapped},
        "rests": plain | {"current_ampere": rests},
        "magnitudes": plain | {"voltage_volt": np.abs(drop)},
        "swapped leads": plain | {"voltage_volt": -drop},
        "one way": one_way,
        "leakage hold": plain | held,
        "imposed one wrong sign": plain | {"control_current_ampere": wrong_sign},
        "imposed": plain | {"control_current_ampere": amp, "current_ampere": 0.3 * amp[::-1]},
        "warm": plain | {"ambient_temperature_celsius": 25.0 + (hour > 110) * 8.0},
        "told twice": {name: np.repeat(column, 2) for name, column in plain.items()},
        "few samples": cycled(half=4, halves=30),
        "noise before": plain | {"current_ampere": np.where(hour < 90, 1e-9 * amp, amp)},
        "one sample": {name: column[:1] for name, column in plain.items()},
    }


def chunks(columns, cuts):
    """The columns in pieces."""
    count = len(columns["voltage_volt"])
    bounds = [0, *sorted({cut % (count + 1) for cut in cuts}), count]
    for start, stop in pairwise(bounds):
        yield {name: column[start:stop] for name, column in columns.items()}
