"""Two spectra of one cell through the circuit of its chemistry.

The same question as :mod:`softbreak.physics.pair`, with more knowledge put in: few elements,
whose capacitances and exponents stay what they were, fitted to both spectra at once.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike

from softbreak.physics import _circuit_pair_fit as joint
from softbreak.physics import pair as free
from softbreak.physics.circuit_fit import CircuitFit, best_circuit
from softbreak.physics.circuits import Element
from softbreak.physics.delta import delta_without_leads
from softbreak.physics.pair import PairResult
from softbreak.physics.relaxation import ComplexArray, FloatArray

NOISE_FLOOR: Final = 0.006
"""Relative noise that is always assumed: no circuit is a cell."""
_MISFIT_LIMIT: Final = 3.0
_GRAIN: Final = 0.02
"""How far a grain boundary's resistance usually moves between two spectra (ln)."""
_ENERGY_SD: Final = 0.06
"""How well activation energies are known (eV)."""
_BULK_ENERGIES: Final = {"polymer": 0.55}
"""Where the bulk's activation energy is not that of an inorganic conductor (eV)."""
_DIFFUSION_SHARE: Final = (0.8, 0.7)
"""Resistance of the salt gradient over that of the bulk, and the sd of its logarithm: a spectrum
that ends at 10 mHz shows only the beginning of it."""


def circuit_pair(
    reference: tuple[ArrayLike, ArrayLike],
    present: tuple[ArrayLike, ArrayLike],
    *,
    chemistry: str = "unknown",
    delta_temperature_kelvin: float | None = None,
    temperature_sd_kelvin: float = free.LOGGED_KELVIN,
    noise: float | None = None,
) -> PairResult:
    """Infer the electronic fraction of a spectrum from an earlier, healthy one, by a circuit.

    Both spectra are fitted at once by the circuit of the chemistry that suits the reference
    best. Inductance, exponents and capacitances are common; what changes is temperature u, the
    contact f (interfaces scale by 1/f, their capacitances by f, the bulk by f^-.06), each
    element's growth γ at constant capacitance, and the conductance of electrons g >= 0 beside
    all. η is profiled over a grid, the rest integrated out (Laplace).

    Parameters
    ----------
    reference, present : tuple of (frequency, impedance)
        Hz, positive, in any order; Ω, complex, true sign. The reference is taken as healthy.
    chemistry : str
        A key of :data:`softbreak.physics.circuits.CHEMISTRY_CIRCUITS`.
    delta_temperature_kelvin : float or None
        Temperature of the present spectrum minus that of the reference (K); None if not logged.
    temperature_sd_kelvin : float
        How far that difference usually is from the truth (K).
    noise : float, optional
        Relative noise of each part of Z; without it, what the Kramers–Kronig test leaves, at
        least :data:`NOISE_FLOOR`.

    Returns
    -------
    PairResult
        ``abstained`` for the reasons of :func:`softbreak.physics.pair.pair_electronic_fraction`,
        or if the reduced chi-square of either spectrum exceeds its limit.

    Raises
    ------
    ValueError
        If the arrays hold what no spectrum holds, or no chemistry has that name.

    References
    ----------
    Definition of the fraction: Joule 2022, doi 10.1016/j.joule.2022.05.020, Equation 2.
    """
    before, now = free.examined(*reference), free.examined(*present)
    reasons = free._gate_before(before, now)
    if len(before.frequency) < 8 or len(now.frequency) < 8:
        return free._nothing(reasons)
    (f_0, z_0, shape), (f_1, z_1, later) = before.bare, now.bare
    own = _own_circuit(before, chemistry)
    sizes = [one.check.noise for one in (before, now) if np.isfinite(one.check.noise)]
    assumed = noise or float(np.hypot(NOISE_FLOOR, np.median(sizes) if sizes else 0.0))
    priors = _priors(own, delta_temperature_kelvin, temperature_sd_kelvin)
    layout = _layout(own, chemistry, f_0, f_1)
    data = np.concatenate([z_0, z_1])
    weight = _thinning(f_0, f_1) / assumed**2
    fit = joint.joint_profile(layout, data, free._CENTRES, priors, weight)
    stretch = max(1.0, float(fit.chi2.min()) / max(2.0 * len(data) * weight * assumed**2 - 8, 4))
    evidence = -0.5 * (fit.chi2 / stretch + fit.strain) - 0.5 * fit.log_det
    posterior = np.exp(evidence - evidence.max()) * free._prior_masses()
    best = int(np.argmax(evidence))
    misfits = _misfits(layout, fit.parameters[best], free._CENTRES[best], data, assumed)
    kelvin = float(fit.parameters[best, len(own.theta)] / free._KELVIN)
    reasons += _gate_after(own, misfits, float(fit.strain[best]))
    result = free._summary(
        posterior / posterior.sum(), max(misfits), reasons, kelvin, _growth(own, fit, best)
    )
    return replace(
        result,
        method=f"circuit: {own.circuit.name}",
        delta_flatness=delta_without_leads(
            (f_0, z_0 - 2j * np.pi * f_0 * shape.inductance),
            (f_1, z_1 - 2j * np.pi * f_1 * later.inductance),
            assumed,
        ).flatness,
    )


@lru_cache(maxsize=8)
def _own_circuit(reference: free.Examined, chemistry: str) -> CircuitFit:
    """Return the circuit of a reference, which many later spectra are compared with."""
    f, z, shape = reference.bare
    return best_circuit(f, z, chemistry, shape=shape)


def pooled_pair(
    reference: tuple[ArrayLike, ArrayLike],
    present: tuple[ArrayLike, ArrayLike],
    *,
    chemistry: str = "unknown",
    delta_temperature_kelvin: float | None = None,
    temperature_sd_kelvin: float = free.LOGGED_KELVIN,
) -> PairResult:
    """Infer the electronic fraction by circuit and by relaxations, and pool both.

    Where both gates are open, the posterior is the geometric mean of the two: they see the same
    data, so that they count once. Where only one is open, it stands alone.

    Parameters
    ----------
    reference, present, chemistry, delta_temperature_kelvin, temperature_sd_kelvin
        As :func:`circuit_pair`.

    Returns
    -------
    PairResult
        ``abstained`` where both gates are closed; the reasons are then those of the circuit.

    Raises
    ------
    ValueError
        As :func:`circuit_pair`.

    References
    ----------
    Logarithmic pool: Genest and Zidek, Statist. Sci. 1 (1986) 114, doi 10.1214/ss/1177013825.
    """
    one = circuit_pair(
        reference,
        present,
        chemistry=chemistry,
        delta_temperature_kelvin=delta_temperature_kelvin,
        temperature_sd_kelvin=temperature_sd_kelvin,
    )
    other = free.pair_electronic_fraction(
        reference,
        present,
        delta_temperature_kelvin=delta_temperature_kelvin,
        temperature_sd_kelvin=temperature_sd_kelvin,
    )
    if one.abstained or other.abstained:
        alone = one if other.abstained else other
        return replace(alone, delta_flatness=one.delta_flatness)
    pooled = np.sqrt(one.posterior * other.posterior)
    worse = max(one.chi2_reduced, other.chi2_reduced)
    result = free._summary(pooled / pooled.sum(), worse, (), one.temperature_kelvin, one.growth)
    return replace(
        result, method=f"{one.method} and relaxations", delta_flatness=one.delta_flatness
    )


def _layout(own: CircuitFit, chemistry: str, f_0: FloatArray, f_1: FloatArray) -> tuple[Any, ...]:
    energies = [_BULK_ENERGIES.get(chemistry, joint.BULK_ENERGY)]
    for element, interface in zip(own.circuit.elements[2:], own.circuit.interfaces, strict=True):
        if element is Element.WARBURG:
            energies.append(joint.DIFFUSION_ENERGY)
        else:
            energies.append(joint.INTERFACE_ENERGY if interface else joint.GRAIN_ENERGY)
    return (
        own.circuit.kinds,
        np.array(energies),
        np.array(own.circuit.interfaces, dtype=np.float64),
        np.log(2.0 * np.pi * f_0),
        np.log(2.0 * np.pi * f_1),
    )


def _priors(own: CircuitFit, delta_kelvin: float | None, sd_kelvin: float) -> FloatArray:
    """Return the priors of the circuit, of (u, ln f, β), of δ and of γ."""
    circuit = [
        free.normal(value, 2.0 if name.startswith("n") else 8.0)
        for name, value in zip(own.circuit.parameters, own.theta, strict=True)
    ]
    if own.circuit.elements[-1] is Element.WARBURG:
        share, sd = _DIFFUSION_SHARE
        circuit[-2] = free.normal(np.log(share) + own.theta[1], sd)
    warmth, reach = free.warming(delta_kelvin, sd_kelvin)
    spread = _ENERGY_SD * reach
    common = [warmth, free.rests(free._CONTACT), free.rests(float(np.hypot(free._BULK, spread)))]
    uneven, growth = [], []
    shrinks, grows = (float(np.hypot(one, spread)) for one in (free._SHRINKS, free._GROWS))
    for interface in own.circuit.interfaces:
        uneven.append(free.rests(free._UNEVEN) if interface else free.normal(0.0, 1e-3))
        moved = float(np.hypot(_GRAIN, spread))
        growth.append(free.rests(shrinks, grows) if interface else free.rests(moved))
    return np.array(circuit + common + uneven + growth, dtype=np.float64)


def _thinning(f_0: FloatArray, f_1: FloatArray) -> float:
    decades = sum(max(float(np.log10(f[-1] / f[0])), 1.0) for f in (f_0, f_1))
    return min(1.0, 6.0 * decades / (len(f_0) + len(f_1)))


def _misfits(
    layout: tuple[Any, ...], phi: FloatArray, eta: float, data: ComplexArray, noise: float
) -> tuple[float, float]:
    """Return the reduced chi-square of each spectrum."""
    miss = np.abs((data - joint.joint_model(layout, phi, eta)) / data) ** 2 / noise**2
    first = len(layout[3])
    share = len(phi) / (2.0 * len(data))
    before, now = (
        float(part.sum() / (2.0 * len(part) * max(1.0 - share, 0.2)))
        for part in (miss[:first], miss[first:])
    )
    return before, now


def _gate_after(own: CircuitFit, misfits: tuple[float, float], strain: float) -> tuple[str, ...]:
    reasons = tuple(
        f"The circuit ({own.circuit.name}) does not fit the {name} spectrum (reduced chi-square "
        f"{misfit:.1f}, limit {_MISFIT_LIMIT:.1f})."
        for name, misfit in zip(("reference", "present"), misfits, strict=True)
        if misfit > _MISFIT_LIMIT
    )
    far = free._gate_after(0.0, strain)
    return reasons + far


def _growth(own: CircuitFit, fit: joint.JointProfile, best: int) -> float:
    """Return the factor on all interfaces together, at the reference's temperature."""
    phi = fit.parameters[best]
    count, elements = len(own.theta), len(own.circuit.interfaces)
    contact = phi[count + 1] * np.array(own.circuit.interfaces, dtype=np.float64)
    changes = phi[count + 3 : count + 3 + elements] + phi[count + 3 + elements :] - contact
    names = [f"R{k + 1}" for k in range(elements)]
    resistance = np.exp([phi[own.circuit.parameters.index(name)] for name in names])
    return float(np.sum(resistance * np.exp(changes)) / np.sum(resistance))
