"""Simulated rows as records: what a reader would make of the files."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
import pandas as pd

from softbreak.data.record import Cell, Record, Source, Technique
from softbreak.simulate.chemistry import ELECTRODE, ELECTROLYTE
from softbreak.simulate.engine import Run
from softbreak.simulate.population import Block, Recipe, blocks
from softbreak.simulate.protocols import (
    CONSTANT_CURRENT,
    CONSTANT_VOLTAGE,
    REST,
    SPECTRUM,
    SPECTRUM_SECONDS,
    SWEEP,
)
from softbreak.simulate.recordings import spoiled
from softbreak.simulate.streams import draw_uniform

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
    Technique.REST: "OCV",
    Technique.VOLTAMMETRY: "CV",
    Technique.IMPEDANCE: "PEIS",
}

Simulated = tuple[list[Record], pd.DataFrame]


def techniques(steps: np.ndarray) -> np.ndarray:
    """Return the technique of each step; rests and holds that follow cycling belong to it."""
    names = np.array([_TECHNIQUE[kind] for kind in steps["kind"].tolist()], dtype=object)
    for k in range(names.size):
        follows = k > 0 and names[k - 1] is Technique.CYCLING
        same = k > 0 and steps["part"][k] == steps["part"][k - 1]
        if names[k] is Technique.REST and (steps["cycle"][k] >= 0 or (follows and same)):
            names[k] = Technique.CYCLING
    return names


def run_records(
    run: Run,
    position: int,
    cell: Cell,
    *,
    area: float,
    logged: bool = True,
    clock: tuple[float, float] = (np.inf, 0.0),
) -> list[Record]:
    """Return the records of one cell of a run, one for each uninterrupted measurement.

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
    clock : tuple of float
        From which age in h on the absolute clock is ahead (daylight saving), and by how much (s).

    Returns
    -------
    list of Record
        In order of time, on the clock of the cell's life.
    """
    mine = slice(run.step_offset[position], run.step_offset[position + 1])
    ran = run.done["end"][mine] > run.done["start"][mine]
    steps, done = run.steps[mine], run.done[mine]
    names = techniques(steps)
    spectral = names == Technique.IMPEDANCE
    base = int((run.steps["kind"][: mine.start] == SPECTRUM).sum())
    number = base - 1 + np.cumsum(spectral)
    fresh = np.ones(names.size, bool)
    fresh[1:] = (names[1:] != names[:-1]) | (steps["part"][1:] != steps["part"][:-1])
    fresh |= spectral
    group = np.cumsum(fresh)
    first = run.row_offset[position]
    rows = run.rows[first : first + run.row_count[position]]
    rows = rows[rows["keep"] == 1]
    found: list[tuple[Technique, str, pd.DataFrame]] = []
    for members in np.split(np.arange(names.size), np.flatnonzero(fresh[1:]) + 1):
        if not ran[members].any():
            continue
        k = members[ran[members]][0]
        technique = Technique(names[k])
        if technique is Technique.IMPEDANCE:
            table = _spectrum(run.frequency, run.spectra[number[k]], done["start"][k])
        else:
            part = rows[(group == group[k])[rows["step"]]]
            if not part.size:
                continue
            table = _series(part, steps, area, logged)
            ahead = part["time"] >= 3600.0 * clock[0]
            table["unix_time_second"] += np.where(ahead, clock[1], 0.0)
        method = _METHOD[technique] if steps["kind"][k] != CONSTANT_VOLTAGE else "CA"
        found.append((technique, method, table))
    return [
        Record(cell, technique, table, _source(cell, method, n))
        for n, (technique, method, table) in enumerate(found)
    ]


def _source(cell: Cell, method: str, position: int) -> Source:
    return Source(
        path=cell.cell_id,
        method=method,
        instrument="softbreak simulate",
        reader="simulate",
        started_unix_second=BEGAN,
        position=position,
    )


def _series(rows: np.ndarray, steps: np.ndarray, area: float, logged: bool) -> pd.DataFrame:
    step = steps[rows["step"]]
    galvanic = (step["kind"] == CONSTANT_CURRENT) | (step["kind"] == REST)
    holds = step["kind"] == CONSTANT_VOLTAGE
    table = {
        "test_time_second": rows["time"].astype(np.float64),
        "unix_time_second": BEGAN + rows["time"],
        "voltage_volt": rows["voltage"].astype(np.float32),
        "current_ampere": (rows["current"] * area).astype(np.float32),
        "cycle_count": step["cycle"].astype(np.int64) + 1,
        "step_count": rows["step"].astype(np.int64) + 1,
    }
    if galvanic.any():
        imposed = np.where(step["kind"] == REST, 0.0, step["value"] * area)
        table["control_current_ampere"] = np.where(galvanic, imposed, np.nan).astype("f4")
    if holds.any():
        table["control_voltage_volt"] = np.where(holds, step["value"], np.nan).astype("f4")
    if logged:
        table["ambient_temperature_celsius"] = rows["temperature"].astype(np.float32)
    return pd.DataFrame(table)


def _spectrum(frequency: np.ndarray, z: np.ndarray, start: float) -> pd.DataFrame:
    time = start + np.linspace(0.0, SPECTRUM_SECONDS, frequency.size)
    return pd.DataFrame(
        {
            "test_time_second": time,
            "unix_time_second": BEGAN + time,
            "frequency_hertz": frequency.astype(np.float64),
            "real_impedance_ohm": z.real.astype(np.float64),
            "imaginary_impedance_ohm": z.imag.astype(np.float64),
        }
    )


def describe(block: Block, position: int) -> Cell:
    """Return what the files of a cell say of it: not all, and a wrong area where it has one."""
    plan, cell = block.plan, block.cells[position]
    wrong = plan.confounders["area_error"][position]
    factor = plan.between("area_factor", 0.6, 1.7, log=True)[position] if wrong else 1.0
    area = float(f"{cell['area'] * factor:.5g}")
    known = plan.uniform("sigma_known")[position] < 0.5
    sigma = cell["sigma"] * np.exp(plan.between("sigma_error", -0.15, 0.15)[position])
    chemistry = str(plan.chemistry[position])
    return Cell(
        cell_id=str(block.names()[position]),
        configuration="symmetric",
        electrode=ELECTRODE.get(chemistry, "Li"),
        electrolyte=ELECTROLYTE[chemistry],
        area_cm2=area if plan.uniform("area_known")[position] < 0.95 else None,
        electrolyte_thickness_um=round(float(cell["thickness"]) * 1e4, 1),
        ionic_conductivity_s_per_cm=float(f"{sigma:.3g}") if known else None,
        temperature_celsius=float(cell["reference"]),
    )


def block_records(block: Block, position: int) -> list[Record]:
    """Return the records of one cell of a population as its lab has them; see :func:`run_records`.

    A cycler that plates one way knows one step and one cycle.
    """
    cell = describe(block, position)
    one = block.instruments[position]
    records = run_records(
        block.run,
        position,
        cell,
        area=float(block.cells["area"][position]),
        logged=bool(block.plan.logged[position]),
        clock=(float(one["gap_hour"]), float(one["clock_jump"])),
    )
    if block.plan.protocol[position] == "one-way":
        records = [_one_step(record) for record in records]
    mine = block.plan.identities[position : position + 1]
    return spoiled(
        records,
        str(block.plan.recording[position]),
        lambda name: float(draw_uniform(block.recipe.seed, mine, f"recording.{name}")[0]),
    )


def _one_step(record: Record) -> Record:
    if record.technique is not Technique.CYCLING:
        return record
    one = np.ones(record.rows, np.int64)
    return replace(record, table=record.table.assign(cycle_count=one, step_count=one))


def simulate(count: int, *, seed: int = 0, **details: object) -> Simulated:
    """Return random cells: ``(records, truth)``.

    Parameters
    ----------
    count : int
        Cells, all held in memory. For many, stream :func:`softbreak.simulate.population.blocks`.
    seed : int
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
            records += block_records(block, position)
    return records, pd.concat(truths, ignore_index=True)
