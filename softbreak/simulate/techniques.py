"""One cell for each further protocol: ramps, CC/CV, one-way plating, Coulombic tests."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from softbreak.data.record import Cell
from softbreak.metals import foil_capacity
from softbreak.simulate import protocols as p
from softbreak.simulate.laws_a import blank
from softbreak.simulate.specimen import Specimen, make_cell

THIN_UM: Final = 15.0


def _sulfide(**more: float) -> np.ndarray:
    ordinary = {
        "thickness": 0.06,
        "sigma": 1.5e-3,
        "energy_bulk": 0.35,
        "interphase": 15.0,
        "exchange": 3e-3,
        "constriction": 1e-2,
    }
    return make_cell(**(ordinary | more))


def _about(cell_id: str, notes: str, configuration: str = "symmetric") -> Cell:
    return Cell(
        cell_id=cell_id,
        configuration=configuration,
        electrode="Li",
        electrolyte="Li6PS5Cl",
        area_cm2=0.7854,
        electrolyte_thickness_um=600.0,
        ionic_conductivity_s_per_cm=1.5e-3,
        temperature_celsius=25.0,
        notes=notes,
    )


def _short(conductance: float, hour: float = 0.0) -> np.ndarray:
    """Return a law with a metallic path from the given age in h on (S cm⁻²)."""
    law = blank(1)
    if hour:
        law["threshold"], law["growth_power"] = 1e-6, 0.0
        law["speed"][0, 1] = 1.0 / hour
    else:
        law["length"][0, 1] = law["bridged"][0, 1] = law["speed"][0, 1] = 1.0
    law["thread"][0, 1] = conductance
    return law


def ramp() -> Specimen:
    """Return a critical-current ramp, 0.1 to 2 mA cm⁻², that ends in a short."""
    law = blank(1)
    law["threshold"], law["growth_power"], law["speed"][0, 1] = 0.8e-3, 1.0, 0.45
    law["thread"][0, 1], law["hazard_rate"], law["hazard_gate"] = 0.03, 0.5, 0.5
    law["hard"] = 1.0 / 1.5
    program = p.critical_current(0.1e-3, 2e-3, 20, 0.5, interval=30.0)
    return Specimen(_about("ramp", "CCD ramp"), _sulfide(), law, program, "prelude", "sulfide")


def one_way() -> Specimen:
    """Return plating in one direction until it shorts at 14 h."""
    program = p.plating(0.3e-3, 20.0, limit=4.9)
    program["cycle"] = 0
    law = _short(0.05, 14.0)
    law["hard_hour"], law["hard"] = 16.0, 1.0
    return Specimen(_about("one-way", "one-way"), _sulfide(), law, program, "prelude", "sulfide")


def current_voltage() -> Specimen:
    """Return a polymer cell polarised to its limit and held there: divergence, no short."""
    cell = make_cell(
        thickness=0.01,
        sigma=2e-4,
        energy_bulk=0.5,
        interphase=25.0,
        exchange=1e-3,
        transference=0.2,
        diffusivity=4e-8,
        energy_diffusion=0.5,
        salt=1.2e-3,
        reference=60.0,
        activity=1.0,
    )
    about = replace(
        _about("cc-cv", "CC then CV"), electrolyte="PEO-LiTFSI", electrolyte_thickness_um=100.0
    )
    about = replace(about, ionic_conductivity_s_per_cm=2e-4, temperature_celsius=60.0)
    program = p.current_then_voltage(1.5e-3, 0.5, 10.0, 4.0, temperature=60.0)
    program["cycle"] = 0
    return Specimen(about, cell, blank(1), program, "healthy", "polymer", "eclab")


def coulombic(conductance: float = 0.0) -> Specimen:
    """Return thick Li | LPSCl | 15 µm Li: the thin side is stripped until it is gone.

    Parameters
    ----------
    conductance : float
        Of a metallic path (S cm⁻²); 0 for a healthy cell. The charge at depletion exceeds the
        thin foil's by 1 / (1 - η). A path above 3 mS cm⁻² hides the depletion altogether.
    """
    capacity = float(foil_capacity(THIN_UM))
    cell = _sulfide(metal_right=capacity, metal_edge=0.05)
    # a path carries the whole current at j/g once the foil is gone: the limit must lie below that
    program = p.plating(-0.5e-3, 2.5 * capacity / 0.5, limit=0.15)
    program["cycle"] = 0
    name = "asymmetric-soft" if conductance else "asymmetric"
    about = replace(_about(name, "depletion", "asymmetric"), lithium_thickness_um=THIN_UM)
    law = _short(conductance) if conductance else blank(1)
    family = "filament" if conductance else "healthy"
    return Specimen(about, cell, law, program, family, "sulfide")


def full(conductance: float = 0.0) -> Specimen:
    """Return a full cell of 3 mAh cm⁻² (3.4 to 4.3 V, a straight line), five cycles.

    Parameters
    ----------
    conductance : float
        S cm⁻²; the whole cell voltage drives the leak, not the overpotential.
    """
    cell = _sulfide(open_circuit=3.4, open_slope=0.3)
    pair = np.concatenate(
        [p.plating(1e-3, 4.5, limit=4.3), p.plating(-1e-3, 4.5, lower=3.0, limit=9.0)]
    )
    program = np.tile(pair, 5)
    program["cycle"] = np.repeat(np.arange(5), 2)
    name = "full-soft" if conductance else "full"
    about = replace(_about(name, "full cell", "full"), electrode="NMC811")
    law = _short(conductance) if conductance else blank(1)
    return Specimen(about, cell, law, program, "filament" if conductance else "healthy", "sulfide")


def technique_cells() -> tuple[Specimen, ...]:
    """Return all cells of the preset ``techniques``."""
    return (
        ramp(),
        one_way(),
        current_voltage(),
        coulombic(),
        coulombic(2.5e-3),
        full(),
        full(2.5e-5),
    )
