"""The two cells of the paper, as far as one hidden state can reproduce its facts.

C. Wang et al., Joule 2022, doi 10.1016/j.joule.2022.05.020. The LGPS constants come from a random
search over this model; those of LPSCl from the reported voltages and times, with the times of its
two breakdowns written in rather than grown. What is not reproduced stands in docs/simulator.md.
"""

from __future__ import annotations

import numpy as np

from softbreak.data.record import Cell
from softbreak.simulate import protocols as p
from softbreak.simulate.laws_a import blank
from softbreak.simulate.specimen import Specimen, make_cell

LGPS_CURRENT = 3e-3
LPSCL_CURRENT = 0.2e-3
"""A cm⁻²; half-cycles last one hour."""
LEAKAGE_VOLT = 0.1
SWEEP_RATE = 0.2e-3
"""V s⁻¹."""


def _law(**constants: float) -> np.ndarray:
    law = blank(1)
    for name, value in constants.items():
        law[name] = value
    return law


def _lgps_cell() -> np.ndarray:
    return make_cell(
        thickness=0.0694,
        sigma=2.5e-3,
        energy_bulk=0.25,
        interphase=200.1,
        exchange=1.62e-4,
    )


def _lgps_law() -> np.ndarray:
    """Percolation of a mixed conductor behind an interphase that grows."""
    return _law(
        void_gain=0.4256,
        void_scale=3.868,
        repair=1.258e-3,
        refill=1.0,
        fill_rate=0.01,
        growth=1437.0,
        reaction_charge=5.232e-3,
        reacted_end=0.6101,
        reacted_threshold=0.1951,
        mixed=3.324e-3 / 0.0694,
        mixed_power=1.96,
        mixed_energy=0.12,
    )


def lgps(hours: int = 110) -> Specimen:
    """Return Li | LGPS | Li at 3 mA cm⁻²: a slow drop from 25 h, 0.8 V at 100 h.

    Parameters
    ----------
    hours : int
        Of cycling. Before and after it: a spectrum, 1 h of leakage, four voltammetric cycles.
    """
    series = (
        p.spectrum(),
        p.hold(LEAKAGE_VOLT),
        p.voltammetry(0.5, SWEEP_RATE, 4, 240),
    )
    program = p.chain(*series, p.cycling(LGPS_CURRENT, 1.0, hours // 2), *series)
    about = Cell(
        cell_id="LGPS",
        configuration="symmetric",
        electrode="Li",
        electrolyte="Li10GeP2S12",
        area_cm2=0.7854,
        electrolyte_thickness_um=694.0,
        ionic_conductivity_s_per_cm=2.5e-3,
        temperature_celsius=25.0,
        notes="3 mA/cm2, 3 mAh/cm2",
    )
    return Specimen(about, _lgps_cell(), _lgps_law(), program, "mixed", "lgps", "eclab")


def _lpscl_cell() -> np.ndarray:
    return make_cell(
        thickness=0.075,
        sigma=1.6e-3,
        energy_bulk=0.35,
        interphase=18.0,
        exchange=4e-3,
        constriction=1e-2,
        lead=0.6,
    )


def _lpscl_law(**more: float) -> np.ndarray:
    ordinary = {
        "void_gain": 0.6,
        "void_scale": 0.4,
        "repair": 0.35e-3,
        "refill": 1.0,
        "fill_rate": 0.01,
        "growth": 10.0,
        "growth_power": 1.0,
        "hard": 1.0 / (2.5 * 0.7854),
    }
    return _law(**(ordinary | more))


def _lpscl_about(cell_id: str, notes: str) -> Cell:
    return Cell(
        cell_id=cell_id,
        configuration="symmetric",
        electrode="Li",
        electrolyte="Li6PS5Cl",
        area_cm2=0.7854,
        electrolyte_thickness_um=750.0,
        ionic_conductivity_s_per_cm=1.6e-3,
        temperature_celsius=25.0,
        notes=notes,
    )


def _soft_at_20_hours(**more: float) -> np.ndarray:
    """Three filaments that bridge at the end of the tenth cycle and flicker rarely."""
    law = _lpscl_law(threshold=0.1e-3, thicken=0.06, rate_on=2.0, rate_off=0.015, **more)
    for k in (0, 2, 4):
        law["speed"][0, k], law["thread"][0, k] = 1.0 / 9.97, 0.0195 / 3.0
    return law


def lpscl(hours: int = 234) -> Specimen:
    """Return Li | LPSCl | Li at 0.2 mA cm⁻²: soft at 20 h, hard at 230 h.

    Parameters
    ----------
    hours : int
        Of cycling; spectra before, at 40 h and after, a voltammetric series at the end.
    """
    first = p.cycling(LPSCL_CURRENT, 1.0, 20)
    rest = p.cycling(LPSCL_CURRENT, 1.0, hours // 2 - 20, first=20)
    program = p.chain(
        p.spectrum(), first, p.spectrum(), rest, p.spectrum(), p.voltammetry(0.02, SWEEP_RATE, 3)
    )
    spectra = p.SPECTRUM_SECONDS / 3600.0
    law = _soft_at_20_hours(hard_hour=230.0 + 2.0 * spectra)
    about = _lpscl_about("LPSCl", "0.2 mA/cm2, 0.2 mAh/cm2")
    return Specimen(about, _lpscl_cell(), law, program, "prelude", "sulfide", "neware")


def lpscl_voltammetry() -> Specimen:
    """Return a pristine LPSCl cell whose own voltammetry makes the short: a jump after cycle 1."""
    law = _lpscl_law(threshold=0.9e-3, void_gain=0.03, thicken=1e-4)
    law["speed"][0, [0, 2]] = 5.0, 3.0
    law["thread"][0, [0, 2]] = 0.0157, 0.0123
    program = p.chain(p.spectrum(), p.voltammetry(0.2, SWEEP_RATE, 5, 240), p.spectrum())
    about = _lpscl_about("LPSCl-CV", "pristine, voltammetry only")
    return Specimen(about, _lpscl_cell(), law, program, "filament", "sulfide", "eclab")


def lpscl_temperature() -> Specimen:
    """Return an LPSCl cell with temperature series before and after its soft breakdown."""
    series = p.temperature_series([-10.0, 0.0, 10.0, 20.0, 30.0, 40.0])
    after = series.copy()
    cycles = p.cycling(LPSCL_CURRENT, 1.0, 20)
    cycles["part"] = 100
    after["part"] += 101
    program = np.concatenate([series, cycles, after])
    about = _lpscl_about("LPSCl-T", "temperature series before and after soft breakdown")
    law = _soft_at_20_hours()
    return Specimen(about, _lpscl_cell(), law, program, "filament", "sulfide", "bdf")


def paper_cells() -> tuple[Specimen, ...]:
    """Return all cells of the preset ``paper``."""
    return lgps(), lpscl(), lpscl_voltammetry(), lpscl_temperature()
