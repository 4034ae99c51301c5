"""Simulated rows as records: what a reader would make of the files."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
import pandas as pd

from softbreak.data.record import Cell, Record, Source, Technique
from softbreak.simulate.chemistry import ELECTROLYTE
from softbreak.simulate.engine import Run
from softbreak.simulate.population import Block, Recipe, blocks
from softbreak.simulate.protocols import (
    CONSTANT_CURRENT,
    CONSTANT_VOLTAGE,
    REST,
    SPECTRUM,
    SWEEP,
)

BEGAN: Final = 1_735_689_600.0
"""All simulated tests begin on 2025-01-01 00:00 UTC (s since 1970)."""

_TECHNIQUE: Final = {
    CONSTANT_CURRENT: Technique.CYCLING,
    CONSTANT_VOLTAGE: Technique.REST,
    REST: Technique.REST,
    SWEEP: Technique.VOLTAMMETRY,
    SPECTRUM: Technique.IMPEDANCE,
}
_METHOD: Final = {
    Technique.CYCLING: "GCPL",
    Technique.REST: "CA",
    Technique.VOLTAMMETRY: "CV",
    Technique.IMPEDANCE: "PEIS",
}

Simulated = tuple[list[Record], pd.DataFrame]


def techniques(steps: np.ndarray) -> np.ndarray:
    """Return the technique of each step; rests and holds within cycling are cycling."""
    names = np.array([_TECHNIQUE[kind] for kind in steps["kind"].tolist()], dtype=object)
    names[(steps["cycle"] >= 0) & (names == Technique.REST)] = Technique.CYCLING
    return names


def run_records(
    run: Run, position: int, cell: Cell, *, area: float, logged: bool = True, merge: bool = False
) -> list[Record]:
    """Return the records of one cell of a run.

    Parameters
    ----------
    run : Run
    position : int
        Of the cell in the run.
    cell : Cell
        What its files say of it.
    area : float
        True area, cm² (currents are those of the whole cell).
    logged : bool
        Whether temperature is written.
    merge : bool
        One record for all cycling and one for all voltammetry, instead of one for each
        uninterrupted measurement.

    Returns
    -------
    list of Record
        By time of their first row; time is that of the cell's life.
    """
    mine = slice(run.step_offset[position], run.step_offset[position + 1])
    steps, done = run.steps[mine], run.done[mine]
    names = techniques(steps)
    series = names != Technique.IMPEDANCE
    if merge:
        group = np.array([list(Technique).index(name) for name in names])
        group[names == Technique.REST] = list(Technique).index(Technique.CYCLING)
    else:
        fresh = np.ones(names.size, bool)
        fresh[1:] = (names[1:] != names[:-1]) | (steps["part"][1:] != steps["part"][:-1])
        group = np.cumsum(fresh)
    first = run.row_offset[position]
    rows = run.rows[first : first + run.row_count[position]]
    rows = rows[rows["keep"] == 1]
    found = []
    for g in dict.fromkeys(group[series].tolist()):
        inside = (group == g) & series
        technique = Technique(names[np.flatnonzero(inside)[0]])
        if merge and technique is Technique.REST:
            technique = Technique.CYCLING
        part = rows[inside[rows["step"]]]
        if part.size:
            found.append((part["time"][0], technique, _series(part, steps, area, logged)))
    base = int((run.steps["kind"][: mine.start] == SPECTRUM).sum())
    for k, s in enumerate(np.flatnonzero(~series)):
        table = _spectrum(run.frequency, run.spectra[base + k], done["end"][s])
        found.append((done["end"][s], Technique.IMPEDANCE, table))
    found.sort(key=lambda item: item[0])
    return [_record(cell, technique, table, n) for n, (_, technique, table) in enumerate(found)]


def _record(cell: Cell, technique: Technique, table: pd.DataFrame, position: int) -> Record:
    source = Source(
        path=f"{cell.cell_id}/{position:03d}",
        method=_METHOD[technique],
        instrument="softbreak simulate",
        reader="simulate",
        started_unix_second=BEGAN,
        position=position,
    )
    return Record(cell, technique, table, source)


def _series(rows: np.ndarray, steps: np.ndarray, area: float, logged: bool) -> pd.DataFrame:
    step = steps[rows["step"]]
    galvanic = (step["kind"] == CONSTANT_CURRENT) | (step["kind"] == REST)
    table = {
        "test_time_second": rows["time"].astype(np.float64),
        "unix_time_second": BEGAN + rows["time"],
        "voltage_volt": rows["voltage"].astype(np.float32),
        "current_ampere": (rows["current"] * area).astype(np.float32),
        "control_current_ampere": np.where(galvanic, step["value"] * area, np.nan).astype("f4"),
        "cycle_count": step["cycle"].astype(np.int64) + 1,
        "step_count": rows["step"].astype(np.int64) + 1,
    }
    if logged:
        table["ambient_temperature_celsius"] = rows["temperature"].astype(np.float32)
    return pd.DataFrame(table)


def _spectrum(frequency: np.ndarray, z: np.ndarray, time: float) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "test_time_second": np.full(frequency.size, time),
            "unix_time_second": np.full(frequency.size, BEGAN + time),
            "frequency_hertz": frequency.astype(np.float64),
            "real_impedance_ohm": z.real.astype(np.float64),
            "imaginary_impedance_ohm": z.imag.astype(np.float64),
        }
    )


def describe(block: Block, position: int) -> Cell:
    """Return what the files of a cell say of it: the area, with its error where it has one."""
    plan, cell = block.plan, block.cells[position]
    wrong = plan.confounders["area_error"][position]
    factor = plan.between("area_factor", 0.6, 1.7, log=True)[position] if wrong else 1.0
    known = plan.uniform("sigma_known")[position] < 0.5
    sigma = cell["sigma"] * np.exp(plan.between("sigma_error", -0.15, 0.15)[position])
    chemistry = str(plan.chemistry[position])
    metal = "Na" if chemistry == "sodium" else "Li"
    return Cell(
        cell_id=str(block.names()[position]),
        configuration="symmetric",
        electrode=metal,
        electrolyte=ELECTROLYTE[chemistry],
        area_cm2=float(cell["area"] * factor),
        electrolyte_thickness_um=round(float(cell["thickness"]) * 1e4, 1),
        ionic_conductivity_s_per_cm=float(f"{sigma:.3g}") if known else None,
        temperature_celsius=float(cell["reference"]),
    )


def block_records(block: Block, position: int, *, merge: bool = False) -> list[Record]:
    """Return the records of one cell of a population; see :func:`run_records`."""
    cell = describe(block, position)
    return run_records(
        block.run,
        position,
        cell,
        area=float(block.cells["area"][position]),
        logged=bool(block.plan.logged[position]),
        merge=merge,
    )


def simulate(count: int, *, seed: int = 0, merge: bool = True, **details: object) -> Simulated:
    """Return random cells: ``(records, truth)``.

    Parameters
    ----------
    count : int
        Cells, all held in memory. For many, stream :func:`softbreak.simulate.population.blocks`.
    seed : int
    merge : bool
        One record a cell for all its cycling and one for all its voltammetry.
    **details
        Further fields of :class:`softbreak.simulate.population.Recipe` (laws, purpose, cycles,
        faulty, chemistries, every, interval).

    Returns
    -------
    records : list of Record
    truth : DataFrame
        One row a cycle.
    """
    recipe = replace(Recipe(count, seed), **details)  # type: ignore[arg-type]
    records: list[Record] = []
    truths = []
    for block in blocks(recipe):
        truths.append(block.truth())
        for position in range(block.cells.size):
            records += block_records(block, position, merge=merge)
    return records, pd.concat(truths, ignore_index=True)
