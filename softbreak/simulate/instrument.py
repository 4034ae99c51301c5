"""What a cycler makes of the truth: range, offset, resolution, noise, lost rows and gaps."""

from __future__ import annotations

from typing import Any

import numpy as np

from softbreak.compiled import strict
from softbreak.simulate.faults import Plan
from softbreak.simulate.streams import NOISE, SPECTRUM, normals

INSTRUMENT = np.dtype(
    [
        ("noise", "f8"),  # V
        ("offset", "f8"),  # V
        ("drift", "f8"),  # V per day
        ("resolution", "f8"),  # V
        ("v_min", "f8"),  # V: 0 for a unipolar channel, which clips
        ("v_max", "f8"),
        ("current_noise", "f8"),  # A
        ("current_offset", "f8"),  # A
        ("range_hour", "f8"),  # h at which the current range changes
        ("range_offset", "f8"),  # V that comes with it
        ("dropped", "f8"),  # share of rows that never arrive
        ("gap_hour", "f8"),  # h at which the computer stops listening
        ("gap_length", "f8"),  # h
        ("temperature_noise", "f8"),  # K
        ("spectrum_noise", "f8"),  # relative
        ("clock_jump", "f8"),  # s that the absolute clock gains at the gap (daylight saving)
    ],
    align=True,
)


def draw_instruments(plan: Plan, areas: np.ndarray) -> np.ndarray:
    """Return an instrument for each planned cell.

    Parameters
    ----------
    plan : Plan
    areas : ndarray
        cm².

    Returns
    -------
    ndarray of INSTRUMENT
    """
    out = np.zeros(plan.identities.size, INSTRUMENT)
    out["noise"] = plan.between("noise", 2e-5, 4e-4, log=True)
    out["offset"] = plan.between("offset", -3e-3, 3e-3) * plan.uniform("offset_size")
    out["drift"] = plan.between("drift", -1e-4, 1e-4)
    out["resolution"] = np.where(plan.uniform("adc") < 0.7, 76e-6, 1e-3 * plan.uniform("coarse"))
    out["v_max"] = 5.0
    out["v_min"] = np.where(plan.uniform("unipolar") < 0.02, 0.0, -5.0)
    # the channel sits on the smallest decade that holds the current
    full = 10.0 ** np.ceil(np.log10(1.2 * plan.current * areas))
    out["current_noise"] = full * plan.between("current_noise", 1e-6, 1e-4, log=True)
    out["current_offset"] = full * plan.between("current_offset", -1e-4, 1e-4)
    switches = plan.confounders["range_switch"]
    out["range_hour"] = np.where(switches, plan.life * plan.uniform("range_hour"), 1e9)
    out["range_offset"] = plan.between("range_offset", -3e-3, 3e-3)
    out["dropped"] = np.where(plan.uniform("drops") < 0.3, plan.between("dropped", 0, 0.02), 0.0)
    gap = plan.uniform("gap") < 0.1
    out["gap_hour"] = np.where(gap, plan.life * plan.uniform("gap_hour"), 1e9)
    out["gap_length"] = plan.between("gap_length", 0.1, 5.0, log=True)
    out["temperature_noise"] = 0.1
    out["spectrum_noise"] = plan.between("spectrum_noise", 5e-4, 5e-3, log=True)
    out["clock_jump"] = np.where(plan.uniform("daylight") < 0.5, 3600.0, 0.0)
    return out


@strict
def quantise(value: float, one: Any) -> float:
    """Return what the converter and the range make of a voltage."""
    value = round(value / one.resolution) * one.resolution if one.resolution > 0.0 else value
    return min(max(value, one.v_min), one.v_max)


@strict
def systematic(one: Any, hours: float) -> float:
    """Return the voltage that the channel adds at an age in hours (V)."""
    extra = one.offset + one.drift * hours / 24.0
    return extra + one.range_offset if hours >= one.range_hour else extra


@strict
def is_lost(one: Any, hours: float, u: float) -> bool:
    """Return whether a row never reaches the file."""
    return u < one.dropped or one.gap_hour <= hours < one.gap_hour + one.gap_length


@strict
def disturb_white(
    rows: np.ndarray,
    offsets: tuple[np.ndarray, np.ndarray],
    instruments: np.ndarray,
    areas: np.ndarray,
    keys: tuple[int, np.ndarray],
) -> None:
    """Measure rows in place: Gaussian noise, no memory (law set "a").

    ``offsets`` are (first row, number of rows) of each cell.
    """
    for i in range(instruments.size):
        one, cell, first = instruments[i], keys[1][i], offsets[0][i]
        for k in range(offsets[1][i]):
            row = rows[first + k]
            hours = row.time / 3600.0
            a, b, u = normals(keys[0], cell, NOISE, k)
            true = np.float64(row.voltage)
            row.voltage = quantise(true + systematic(one, hours) + one.noise * a, one)
            row.current += (one.current_offset + one.current_noise * b) / areas[i]
            # the converter's noise is independent of the thermometer's: reuse its tail bits
            row.temperature += one.temperature_noise * 3.46 * (u * 4096.0 % 1.0 - 0.5)
            row.keep = 0 if is_lost(one, hours, u) else 1


@strict
def disturb_spectra(
    spectra: np.ndarray, owner: np.ndarray, instruments: np.ndarray, keys: tuple[int, np.ndarray]
) -> None:
    """Add relative noise to spectra in place; ``owner`` is the position of each one's cell."""
    last, count = -1, 0
    for s in range(owner.size):
        i = owner[s]
        count = count + 1 if i == last else 0
        last = i
        size = instruments[i].spectrum_noise
        for k in range(spectra.shape[1]):
            a, b, _ = normals(keys[0], keys[1][i], SPECTRUM, count * spectra.shape[1] + k)
            spectra[s, k] += size * abs(spectra[s, k]) * complex(a, b)
