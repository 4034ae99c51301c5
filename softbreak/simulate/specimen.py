"""A single, hand-made cell: what it is, what is done to it, what comes of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pandas as pd

from softbreak.data.record import Cell, Record
from softbreak.simulate.cell import CELL
from softbreak.simulate.engine import CLIMATE, Run, keys_of, run
from softbreak.simulate.faults import CONFOUNDERS
from softbreak.simulate.impedance import PAPER_FREQUENCIES
from softbreak.simulate.instrument import INSTRUMENT, disturb_spectra, disturb_white
from softbreak.simulate.protocols import CONSTANT_CURRENT, SPECTRUM
from softbreak.simulate.records import run_records
from softbreak.simulate.truth import onset_seconds, per_cycle

_ORDINARY: Final = {
    "area": 0.7854,
    "energy_interphase": 0.45,
    "energy_transfer": 0.50,
    "slow_time": 600.0,
    "slow_drift_time": 50.0,
    "energy_slow": 0.45,
    "transference": 1.0,
    "diffusivity": 1.0,
    "salt": 1.0,
    "activity": 1.0,
    "reference": 25.0,
    "lead": 0.3,
    "inductance": 0.3e-6,
    "c_bulk": 1e-11,
    "q_grain": 1e-8,
    "n_grain": 0.9,
    "q_interphase": 4e-7,
    "n_interphase": 0.88,
    "q_layer": 1e-4,
    "n_layer": 0.82,
    "metal_left": 1e9,
    "metal_right": 1e9,
    "metal_edge": 0.05,
}
"""A 10 mm die, thick lithium foils, single-ion conductor, 25 °C."""


def make_cell(**constants: float) -> np.ndarray:
    """Return one cell of CELL with the given constants and ordinary ones for the rest."""
    cell = np.zeros(1, CELL)
    for name, value in (_ORDINARY | constants).items():
        cell[name] = value
    return cell


def make_instrument(**settings: float) -> np.ndarray:
    """Return one good instrument of INSTRUMENT (20 µV noise), changed by the given settings."""
    one = np.zeros(1, INSTRUMENT)
    ordinary = {
        "noise": 2e-5,
        "resolution": 1e-5,
        "v_min": -5.0,
        "v_max": 5.0,
        "current_noise": 1e-8,
        "range_hour": 1e9,
        "gap_hour": 1e9,
        "temperature_noise": 0.1,
        "spectrum_noise": 2e-3,
    }
    for name, value in (ordinary | settings).items():
        one[name] = value
    return one


@dataclass(frozen=True)
class Specimen:
    """A cell that somebody thought up.

    Attributes
    ----------
    about : Cell
        What its files and the manifest say.
    cell : ndarray of CELL, shape (1,)
    law : ndarray of LAW_A, shape (1,)
    program : ndarray of STEP
    family, chemistry : str
    style : str
        How its files are written: a key of :data:`softbreak.simulate.export.WRITERS`.
    confounders : tuple of str
    instrument : ndarray of INSTRUMENT, shape (1,)
    climate : ndarray of CLIMATE, shape (1,)
    """

    about: Cell
    cell: np.ndarray
    law: np.ndarray
    program: np.ndarray
    family: str
    chemistry: str
    style: str = "bdf"
    confounders: tuple[str, ...] = ()
    instrument: np.ndarray = field(default_factory=make_instrument)
    climate: np.ndarray = field(default_factory=lambda: np.zeros(1, CLIMATE))


@dataclass(frozen=True)
class Outcome:
    """What came of a specimen.

    Attributes
    ----------
    specimen : Specimen
    run : Run
        Rows and spectra as measured; η and ``done`` true.
    records : list of Record
    truth : DataFrame
        One row a cycle, with the columns of a population's truth.
    truth_cell : DataFrame
        One row.
    """

    specimen: Specimen
    run: Run
    records: list[Record]
    truth: pd.DataFrame
    truth_cell: pd.DataFrame


def perform(specimen: Specimen, *, seed: int = 0, identity: int = 0) -> Outcome:
    """Run a specimen through its program and measure it.

    Parameters
    ----------
    specimen : Specimen
    seed, identity : int
        Key of its random numbers.
    """
    identities = np.array([identity])
    climate = specimen.climate.copy()
    done = run(
        (specimen.cell, specimen.law, climate),
        [specimen.program],
        identities=identities,
        frequency=PAPER_FREQUENCIES,
        seed=seed,
    )
    keys = keys_of(seed, identities)
    areas = specimen.cell["area"]
    disturb_white(done.rows, (done.row_offset, done.row_count), specimen.instrument, areas, keys)
    owner = np.zeros(int((done.steps["kind"] == SPECTRUM).sum()), np.int64)
    disturb_spectra(done.spectra, owner, specimen.instrument, keys)
    records = run_records(done, 0, specimen.about, area=float(areas[0]))
    return Outcome(specimen, done, records, _truth(specimen, done), _truth_cell(specimen, done))


def _truth(specimen: Specimen, done: Run) -> pd.DataFrame:
    table = per_cycle(done, specimen.cell["area"]).drop(columns="cell")
    table.insert(0, "cell_id", specimen.about.cell_id)
    table["family"], table["chemistry"], table["laws"] = specimen.family, specimen.chemistry, "a"
    table["protocol"], table["recording"] = _protocol(specimen), ""
    for name in CONFOUNDERS:
        table[name] = name in specimen.confounders
    return table


def _protocol(specimen: Specimen) -> str:
    current = specimen.program["value"][specimen.program["kind"] == CONSTANT_CURRENT]
    return "one-way" if current.size and np.ptp(np.sign(current)) == 0.0 else "cycling"


def _truth_cell(specimen: Specimen, done: Run) -> pd.DataFrame:
    cycling = specimen.program["cycle"] >= 0
    first = specimen.program[cycling][:1]
    table = pd.DataFrame(
        {
            "cell_id": [specimen.about.cell_id],
            "family": specimen.family,
            "chemistry": specimen.chemistry,
            "laws": "a",
            "onset_time_second": onset_seconds(done),
            "current_ampere": first["value"][0] * specimen.cell["area"] if first.size else np.nan,
            "half_cycle_hour": first["duration"][0] / 3600.0 if first.size else np.nan,
            "area_cm2": specimen.cell["area"],
            "temperature_logged": True,
            "protocol": _protocol(specimen),
            "recording": "",
        }
    )
    for name in CONFOUNDERS:
        table[name] = name in specimen.confounders
    return table
