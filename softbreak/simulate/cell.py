"""A cell at one instant: its constants, its hidden state, and Kirchhoff's laws.

Everything that a terminal shows follows from one state. Units: cm, A cm⁻², S cm⁻², Ω cm², V, s,
°C; capacities mAh cm⁻². The ionic current density ``x`` and the electronic one are positive
when the total one is. Double layers and interphase capacitors (µs to 0.1 s) are settled at the
sampling of a cycler, so that voltage and current obey algebra, solved by Newton's method.
"""

from __future__ import annotations

import math
from typing import Any

import numba as nb
import numpy as np

FARADAY = 96485.33212
"""C mol⁻¹ (CODATA 2018)."""
GAS = 8.314462618
"""J mol⁻¹ K⁻¹ (CODATA 2018)."""
BOLTZMANN_EV = 8.617333262e-5
"""eV K⁻¹ (CODATA 2018)."""
MODES = 5
"""Odd salt-diffusion modes that are followed in time; the rest is settled (its remainder)."""
_SETTLED = 1.0 - 8.0 / math.pi**2 * sum((2 * n + 1) ** -2.0 for n in range(MODES))
SECONDS_PER_HOUR = 3600.0
LOWEST_CONTACT = 0.03

CELL = np.dtype(
    [
        ("area", "f8"),  # cm²
        ("thickness", "f8"),  # cm
        ("sigma", "f8"),  # S/cm at reference temperature, ions
        ("energy_bulk", "f8"),  # eV
        ("grain", "f8"),  # Ω cm² at reference, grain boundaries
        ("energy_grain", "f8"),
        ("interphase", "f8"),  # Ω cm² a side at reference, when new
        ("energy_interphase", "f8"),
        ("exchange", "f8"),  # A/cm² at reference
        ("energy_transfer", "f8"),
        ("slow", "f8"),  # slow polarisation as a share of the interphase
        ("slow_time", "f8"),  # s
        ("slow_power", "f8"),  # it grows as (interphase / new interphase)^power
        ("slow_drift", "f8"),  # ln of how much it changes by itself in the end
        ("slow_drift_time", "f8"),  # h: half of that is reached then
        ("energy_slow", "f8"),
        ("constriction", "f8"),  # cm: R_con = (length / sigma)(1 - f)/f
        ("transference", "f8"),  # 1 for a single-ion conductor
        ("diffusivity", "f8"),  # cm²/s at reference, salt
        ("energy_diffusion", "f8"),
        ("salt", "f8"),  # mol/cm³
        ("activity", "f8"),  # thermodynamic factor
        ("reference", "f8"),  # °C
        ("lead", "f8"),  # Ω
        ("inductance", "f8"),  # H
        ("c_bulk", "f8"),  # F/cm²
        ("q_grain", "f8"),  # S sⁿ/cm²
        ("n_grain", "f8"),
        ("q_interphase", "f8"),
        ("n_interphase", "f8"),
        ("q_layer", "f8"),
        ("n_layer", "f8"),
        ("metal_left", "f8"),  # mAh/cm² of metal; 1e9 for a thick foil
        ("metal_right", "f8"),
        ("metal_edge", "f8"),  # mAh/cm² below which a side loses its area
        ("open_circuit", "f8"),  # V at zero charge; 0 for a symmetric cell
        ("open_slope", "f8"),  # V per mAh/cm²
    ],
    align=True,
)
"""What does not change."""

STATE = np.dtype(
    [
        ("f", "f8", (2,)),  # share of each interface in contact
        ("rough", "f8", (2,)),  # true area of each electrode over its flat one (moss, dendrites)
        ("interphase", "f8", (2,)),  # Ω cm² at reference
        ("slow", "f8"),  # V
        ("mode", "f8", (MODES,)),  # mol/cm³, odd salt modes
        ("metal", "f8", (2,)),  # mAh/cm²
        ("charge", "f8"),  # mAh/cm² of ions passed, signed
        ("g", "f8"),  # S/cm², electrons, ohmic, at the present temperature
        ("g_tunnel", "f8"),  # S/cm², electrons, sinh law at V -> 0
        ("v_tunnel", "f8"),  # V
        ("blink", "f8"),  # S/cm² of a path that opens and closes faster than anything is sampled
        ("duty", "f8"),  # share of the time for which that path is closed
        ("closed", "i8"),  # 1 where it is closed at this very instant
        # resistances at the present temperature, refreshed before each solution
        ("temperature", "f8"),
        ("bulk", "f8"),
        ("grain", "f8"),
        ("factor_interphase", "f8"),
        ("factor_slow", "f8"),
        ("exchange", "f8"),
        ("diffusivity", "f8"),
        ("hours", "f8"),  # age
    ],
    align=True,
)
"""What does. The hidden part that belongs to a law set lives in that set's own dtype."""


@nb.njit
def arrhenius(energy: float, temperature: float, reference: float) -> float:
    """Return the factor exp(E/k (1/T - 1/T_ref)) on a resistance (temperatures in °C)."""
    if temperature == reference:
        return 1.0
    return math.exp(
        energy / BOLTZMANN_EV * (1.0 / (temperature + 273.15) - 1.0 / (reference + 273.15))
    )


@nb.njit
def begin(cell: Any, state: Any) -> None:
    """Set a state to that of a cell which was just built."""
    for k in range(2):
        state.f[k] = state.rough[k] = 1.0
        state.interphase[k] = cell.interphase
    for n in range(MODES):
        state.mode[n] = 0.0
    state.metal[0], state.metal[1] = cell.metal_left, cell.metal_right
    state.slow = state.charge = state.g = state.g_tunnel = state.hours = 0.0
    state.v_tunnel = 1.0
    state.blink, state.duty, state.closed = 0.0, 0.0, 0
    state.temperature = -1000.0
    warm(cell, state, cell.reference)


@nb.njit
def warm(cell: Any, state: Any, temperature: float) -> None:
    """Bring the resistances to a temperature in °C."""
    if temperature == state.temperature:
        return
    ref = cell.reference
    state.temperature = temperature
    state.bulk = cell.thickness / cell.sigma * arrhenius(cell.energy_bulk, temperature, ref)
    state.grain = cell.grain * arrhenius(cell.energy_grain, temperature, ref)
    state.factor_interphase = arrhenius(cell.energy_interphase, temperature, ref)
    state.factor_slow = arrhenius(cell.energy_slow, temperature, ref)
    state.exchange = cell.exchange / arrhenius(cell.energy_transfer, temperature, ref)
    state.diffusivity = cell.diffusivity / arrhenius(cell.energy_diffusion, temperature, ref)


@nb.njit
def contact(cell: Any, state: Any, side: int) -> float:
    """Return the share of an interface that carries current: contact times the metal left."""
    f = max(state.f[side], LOWEST_CONTACT)
    if state.metal[side] < cell.metal_edge:
        f *= max(state.metal[side] / cell.metal_edge, 1e-6)
    return f


@nb.njit
def active(cell: Any, state: Any, side: int) -> float:
    """Return the area at which an electrode reacts, over its flat one: rough metal has more."""
    return contact(cell, state, side) * state.rough[side]


@nb.njit
def interface_resistance(cell: Any, state: Any, side: int) -> float:
    """Return constriction and interphase of a side (Ω cm²), without charge transfer."""
    f = contact(cell, state, side)
    spread = cell.constriction * state.bulk / cell.thickness * (1.0 - f) / f
    return spread + state.interphase[side] * state.factor_interphase / (f * state.rough[side])


@nb.njit
def slow_resistance(cell: Any, state: Any) -> float:
    """Return what slow polarisation adds once it has settled (Ω cm²).

    It need not age as the interphase does, nor follow the temperature as it does: whoever takes it
    for a witness of the ionic path has to reckon with that.
    """
    if cell.slow <= 0.0:
        return 0.0
    grown = 0.5 * (state.interphase[0] + state.interphase[1]) / cell.interphase
    drift = cell.slow_drift * state.hours / (state.hours + cell.slow_drift_time)
    aged = grown**cell.slow_power * math.exp(drift)
    return cell.slow * 2.0 * cell.interphase * state.factor_slow * aged


@nb.njit
def diffusion_resistance(cell: Any, state: Any) -> float:
    """Return the small-signal resistance of the salt gradient at rest (Ω cm²)."""
    if cell.transference >= 1.0:
        return 0.0
    kelvin = state.temperature + 273.15
    blocked = 1.0 - cell.transference
    per_concentration = 2.0 * GAS * kelvin / FARADAY * blocked * cell.activity / cell.salt
    return per_concentration * blocked * cell.thickness / (FARADAY * state.diffusivity)


@nb.njit
def ohmic(cell: Any, state: Any) -> float:
    """Return all that is proportional to the ionic current at once (Ω cm²)."""
    total = state.bulk + state.grain
    total += interface_resistance(cell, state, 0) + interface_resistance(cell, state, 1)
    return total + _SETTLED * diffusion_resistance(cell, state)


@nb.njit
def salt_excess(cell: Any, state: Any) -> float:
    """Return the relative excess of salt at the electrode that is stripped, within ±0.999."""
    if cell.transference >= 1.0:
        return 0.0
    total = 0.0
    for n in range(MODES):
        total += state.mode[n]
    return min(max(total / cell.salt, -0.999), 0.999)


@nb.njit
def stored_voltage(cell: Any, state: Any, excess: float) -> float:
    """Return what the cell would show without any current: relaxing parts and equilibrium (V)."""
    v = state.slow + cell.open_circuit + cell.open_slope * state.charge
    if excess != 0.0:
        kelvin = state.temperature + 273.15
        blocked = (1.0 - cell.transference) * cell.activity
        v += 4.0 * GAS * kelvin / FARADAY * blocked * math.atanh(excess)
    return v


@nb.njit
def electrons(state: Any, v: float) -> tuple[float, float]:
    """Return the electronic current density at a voltage, and its slope (A/cm², S/cm²).

    A path that blinks is not in it: see :func:`mean_slope` and the loop of time.
    """
    je, slope = state.g * v, state.g
    if state.g_tunnel > 0.0:
        # beyond 40 characteristic voltages the law goes on along its tangent: no overflow
        u = min(max(v / state.v_tunnel, -40.0), 40.0)
        steep = math.cosh(u)
        je += state.g_tunnel * (state.v_tunnel * (math.sinh(u) - u * steep) + v * steep)
        slope += state.g_tunnel * steep
    return je, slope


@nb.njit
def mean_slope(state: Any) -> float:
    """Return the electrons' small-signal conductance (S/cm²), a blinking path by its duty.

    Exact for a small imposed voltage: the current then follows the conductance, whose mean counts.
    """
    slope = electrons(state, 0.0)[1]
    return slope + state.duty * state.blink if state.blink > 0.0 else slope


@nb.njit
def solve(
    cell: Any, state: Any, imposed: float, lead: float, guess: float
) -> tuple[float, float, float]:
    """Solve Kirchhoff's laws for the ionic current.

    Parameters
    ----------
    cell, state : records of CELL, STATE
    imposed : float
        Current density (A cm⁻²) where ``lead`` is negative, else terminal voltage (V).
    lead : float
        Lead resistance times area (Ω cm²) under imposed voltage; -1 under imposed current.
    guess : float
        An ionic current density to start from.

    Returns
    -------
    x, electronic current, internal voltage : float
        A cm⁻², A cm⁻², V.
    """
    r = ohmic(cell, state)
    excess = salt_excess(cell, state)
    rest = stored_voltage(cell, state, excess)
    b = GAS * (state.temperature + 273.15) / FARADAY
    k0 = 0.5 / (state.exchange * active(cell, state, 0) * math.sqrt(1.0 + excess))
    k1 = 0.5 / (state.exchange * active(cell, state, 1) * math.sqrt(1.0 - excess))
    b *= 2.0
    x = guess
    if lead < 0.0 and state.g == 0.0 and state.g_tunnel == 0.0:
        x = imposed
        v = x * r + b * (math.asinh(k0 * x) + math.asinh(k1 * x)) + rest
        return x, 0.0, v
    v = je = 0.0
    # far up a sinh each step gains one unit of its argument: many steps, but they arrive
    for _ in range(400):
        p, q = k0 * x, k1 * x
        v = x * r + b * (math.asinh(p) + math.asinh(q)) + rest
        dv = r + b * (k0 / math.sqrt(1.0 + p * p) + k1 / math.sqrt(1.0 + q * q))
        je, slope = electrons(state, v)
        if lead < 0.0:
            miss, gain = x + je - imposed, 1.0 + slope * dv
        else:
            miss, gain = v + lead * (x + je) - imposed, dv + lead * (1.0 + slope * dv)
        step = miss / gain
        x -= step
        if abs(step) <= 1e-12 * abs(x) + 1e-17:
            break
    # the last step moved x by less than its own rounding: v and je follow it to first order
    v -= step * dv
    return x, je - step * dv * slope, v


@nb.njit
def settle(cell: Any, state: Any, x: float, dt: float) -> None:
    """Let what is linear in time run on for ``dt`` seconds under an ionic current density."""
    if cell.slow > 0.0:
        target = x * slow_resistance(cell, state)
        keep = math.exp(-dt / cell.slow_time)
        state.slow = target + (state.slow - target) * keep
    if cell.transference < 1.0:
        drive = 4.0 * (1.0 - cell.transference) * x / (FARADAY * cell.thickness)
        for n in range(MODES):
            rate = state.diffusivity * ((2 * n + 1) * math.pi / cell.thickness) ** 2
            target = drive / rate
            state.mode[n] = target + (state.mode[n] - target) * math.exp(-rate * dt)
    q = x * dt * (1000.0 / SECONDS_PER_HOUR)
    state.charge += q
    # positive current strips side 0 and plates side 1
    state.metal[0] = max(state.metal[0] - q, 0.0)
    state.metal[1] = max(state.metal[1] + q, 0.0)
    state.hours += dt / SECONDS_PER_HOUR
