"""Pairs of spectra of made-up cells, with the truth. Knows nothing of the code under test."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

KT = 8.617e-5 * 298.15
FAMILIES = ("sulfide-one-arc", "sulfide-two-arcs", "garnet", "polymer")
KINDS = ("same", "temperature", "contact", "growth", "everything", "short", "short-growth", "mixed")
HEALTHY_KINDS = KINDS[:5]


@dataclass(frozen=True)
class Cell:
    """Resistances in ohm at the reference temperature; Q, n of the arcs; energies in eV."""

    bulk: float
    bulk_capacitance: float
    boundary: tuple[float, float, float]  # R, Q, n of the grain boundary
    interphase: tuple[float, float, float]
    transfer: tuple[float, float, float]
    diffusion: tuple[float, float]  # R, tau of a finite-length Warburg element
    lead: float
    inductance: float
    energies: tuple[float, float, float]  # bulk, interphase, transfer


def draw(family: str, rng: np.random.Generator) -> Cell:
    def log(low: float, high: float) -> float:
        return float(np.exp(rng.uniform(np.log(low), np.log(high))))

    none = (0.0, 1e-6, 0.9)
    cell = Cell(
        bulk=log(30, 90),
        bulk_capacitance=log(2e-11, 8e-11),
        boundary=none,
        interphase=(log(10, 150), log(3e-7, 3e-6), rng.uniform(0.8, 0.95)),
        transfer=none,
        diffusion=(0.0, 1.0),
        lead=log(0.05, 1.0),
        inductance=log(1e-7, 1e-6),
        energies=(rng.uniform(0.25, 0.42), rng.uniform(0.35, 0.55), rng.uniform(0.4, 0.6)),
    )
    if family == "sulfide-two-arcs":
        low = log(20, 300)
        return replace(cell, transfer=(low, log(3e-5, 5e-4), rng.uniform(0.75, 0.92)))
    if family == "garnet":
        bulk = log(100, 400)
        return replace(
            cell,
            bulk=bulk,
            boundary=(bulk * rng.uniform(0.1, 1.0), log(5e-9, 5e-8), rng.uniform(0.85, 0.95)),
            interphase=(bulk * log(0.02, 0.2), log(1e-6, 1e-5), rng.uniform(0.8, 0.95)),
        )
    if family == "polymer":
        bulk = log(50, 200)
        return replace(
            cell,
            bulk=bulk,
            interphase=(bulk * log(0.3, 2.0), log(2e-6, 2e-5), rng.uniform(0.75, 0.9)),
            diffusion=(bulk * rng.uniform(0.2, 1.0), log(3.0, 60.0)),
        )
    return cell


def stack(cell: Cell, omega: np.ndarray, *, kelvin=0.0, contact=1.0, growth=1.0) -> np.ndarray:
    """Impedance of the ionic path without leads."""
    jw = 1j * omega
    u = kelvin / (KT * 298.15)  # in 1/eV
    cold = [np.exp(-energy * u) for energy in cell.energies]

    def arc(element: tuple[float, float, float], r_factor: float, q_factor: float) -> np.ndarray:
        r, q, n = element
        if r == 0.0:
            return np.zeros(len(omega), complex)
        return 1.0 / (1.0 / (r * r_factor) + q * q_factor * jw**n)

    bulk = cell.bulk * cold[0]
    z = bulk / (1.0 + jw * bulk * cell.bulk_capacitance)
    z = z + arc(cell.boundary, cold[0], 1.0)
    z = z + arc(cell.interphase, cold[1] * growth / contact, contact)
    z = z + arc(cell.transfer, cold[2] / contact, contact)
    resistance, tau = cell.diffusion
    if resistance:
        s = np.sqrt(jw * tau * cold[0])
        z = z + resistance * cold[0] * np.tanh(s) / s
    return z


@dataclass(frozen=True)
class Pair:
    """Two spectra and what is true of the second one."""

    reference: tuple[np.ndarray, np.ndarray]
    present: tuple[np.ndarray, np.ndarray]
    eta: float
    delta_kelvin: float


def pair(family: str, kind: str, rng: np.random.Generator) -> Pair:
    cell = draw(family, rng)
    top = float(rng.choice([1e6, 3e6, 7e6]))
    bottom = 1e-3 if family == "polymer" else float(rng.choice([0.01, 0.1]))
    frequency = np.geomspace(top, bottom, int(np.log10(top / bottom) * rng.choice([6, 8, 10])))
    omega = 2 * np.pi * frequency
    kelvin = rng.uniform(-5, 5) if kind in ("temperature", "everything", "mixed") else 0.0
    contact = (
        np.exp(rng.uniform(np.log(0.6), np.log(1.6)))
        if kind in ("contact", "everything", "mixed")
        else 1.0
    )
    growing = kind in ("growth", "everything", "short-growth", "mixed")
    growth = 1.0 + (rng.uniform(0, 1) if growing else 0.0)
    eta = 0.0 if kind in HEALTHY_KINDS else rng.choice([rng.uniform(0.05, 0.95), 0.97, 0.99])
    eta = float(eta) if rng.uniform() < 0.3 or kind in HEALTHY_KINDS else rng.uniform(0.05, 0.95)
    noise = rng.uniform(0.003, 0.015)
    before, now = (
        stack(cell, omega),
        stack(cell, omega, kelvin=kelvin, contact=contact, growth=growth),
    )
    slow = stack(cell, np.array([1e-9]), kelvin=kelvin, contact=contact, growth=growth)[0].real
    if kind in HEALTHY_KINDS:
        eta = 0.0
    g = eta / (1.0 - eta) / slow
    now = now / (1.0 + g * now)

    def measured(z: np.ndarray) -> np.ndarray:
        z = z + cell.lead + 1j * omega * cell.inductance
        scatter = rng.standard_normal(len(z)) + 1j * rng.standard_normal(len(z))
        return z + noise * np.abs(z) * scatter / np.sqrt(2)

    return Pair((frequency, measured(before)), (frequency, measured(now)), eta, kelvin)
