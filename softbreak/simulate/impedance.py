"""The small-signal impedance of a cell's present state, from the same constants as its cycling."""

from __future__ import annotations

import math
from typing import Any

import numba as nb
import numpy as np

from softbreak.simulate.cell import (
    FARADAY,
    GAS,
    active,
    diffusion_resistance,
    interface_resistance,
    mean_slope,
    slow_resistance,
)

PAPER_FREQUENCIES = np.logspace(math.log10(7e6), -3, 61)
"""7 MHz to 1 mHz, as the paper measured (Hz)."""


@nb.njit
def _parallel(resistance: float, q: float, n: float, w: float) -> complex:
    """Resistance beside a constant-phase element; nothing where the resistance is zero."""
    if resistance <= 0.0:
        return 0.0 + 0.0j
    return resistance / (1.0 + resistance * q * (1j * w) ** n)


@nb.njit
def _diffusion(cell: Any, state: Any, w: float) -> complex:
    """Salt gradient: R tanh(s)/s with s² = jω (L/2)²/D, its mode remainder included."""
    total = diffusion_resistance(cell, state)
    if total <= 0.0:
        return 0.0 + 0.0j
    s = np.sqrt(1j * w * (cell.thickness / 2.0) ** 2 / state.diffusivity)
    if abs(s) < 1e-3:
        return total * (1.0 - s * s / 3.0)
    if s.real > 40.0:
        return total / s
    return total * np.tanh(s) / s


@nb.njit
def ionic_impedance(cell: Any, state: Any, w: float) -> complex:
    """Return the ionic branch (Ω cm²) at an angular frequency (rad/s)."""
    z = _parallel(state.bulk, cell.c_bulk, 1.0, w)
    z += _parallel(state.grain, cell.q_grain, cell.n_grain, w)
    thermal = GAS * (state.temperature + 273.15) / FARADAY
    for k in range(2):
        f = active(cell, state, k)
        z += _parallel(
            interface_resistance(cell, state, k), cell.q_interphase * f, cell.n_interphase, w
        )
        z += _parallel(thermal / (state.exchange * f), cell.q_layer * f, cell.n_layer, w)
    slow = slow_resistance(cell, state)
    if slow > 0.0:
        z += slow / (1.0 + 1j * w * cell.slow_time)
    return z + _diffusion(cell, state, w)


@nb.njit
def impedance(cell: Any, state: Any, w: float) -> complex:
    """Return the terminal impedance (Ω): leads, cable, ions beside electrons."""
    conductance = mean_slope(state)
    z = ionic_impedance(cell, state, w)
    z = z / (1.0 + z * conductance)
    return cell.lead + 1j * w * cell.inductance + z / cell.area


@nb.njit
def spectrum(cell: Any, state: Any, frequency: np.ndarray, z: np.ndarray) -> None:
    """Write the impedance (Ω, capacitive imaginary part negative) at frequencies in Hz."""
    for i in range(frequency.size):
        z[i] = impedance(cell, state, 2.0 * math.pi * frequency[i])
