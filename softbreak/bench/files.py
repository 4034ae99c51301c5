"""Cells as labs have them: dialects, split and cut files, a channel that stood still."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from softbreak.data.record import Record, Technique
from softbreak.simulate.export import WRITERS, own_clock, write_eclab
from softbreak.simulate.streams import draw_uniform

SPLIT, FROZEN, CUT = 0.25, 0.08, 0.1
"""Shares of cells: whose cycling goes on in a second file; whose channel stands still for a
while; whose last file ends in the middle of a row."""
FROZEN_CYCLES: Final = 2.0
PLAIN: Final = ("time_s", "current_a", "voltage_v", "cycle")
"""Columns of the common table of a cell."""
_MILLI: Final = 1e3


def write_arbin(record: Record, stem: Path) -> Path:
    """Write what Arbin's MITS Pro exports as CSV; cycling only, else EC-Lab text."""
    if record.technique is not Technique.CYCLING:
        return write_eclab(record, stem)
    path = stem.with_name(stem.name + ".csv")
    table, began = own_clock(record)
    time = table["test_time_second"].to_numpy()
    step = table["step_count"]
    moment = pd.to_datetime(np.round((began + time) * 1e3).astype("int64"), unit="ms")
    pd.DataFrame(
        {
            "Data_Point": np.arange(1, len(table) + 1),
            "Test_Time(s)": [f"{v:.4f}" for v in time.tolist()],
            "Date_Time": moment.strftime("%Y-%m-%d %H:%M:%S.%f").str[:-3],
            "Step_Time(s)": [f"{v:.4f}" for v in (time - time[_firsts(step)]).tolist()],
            "Step_Index": step.to_numpy(),
            "Cycle_Index": _counted(table["cycle_count"]),
            "Current(A)": [f"{v:.9f}" for v in table["current_ampere"].tolist()],
            "Voltage(V)": [f"{v:.6f}" for v in table["voltage_volt"].tolist()],
        }
    ).to_csv(path, index=False)
    return path


def _counted(cycle: pd.Series) -> np.ndarray:
    """Return what a cycler's counter shows: a rest between cycles belongs to the last one."""
    return np.maximum.accumulate(np.maximum(cycle.to_numpy(), 1))


def _firsts(step: pd.Series) -> np.ndarray:
    """Return for each row the position of the first row of its step."""
    begins = step.ne(step.shift()).to_numpy()
    return np.maximum.accumulate(np.where(begins, np.arange(len(step)), 0))


def write_maccor(record: Record, stem: Path) -> Path:
    """Write what Maccor exports as text: magnitudes and a state; cycling only, else EC-Lab text."""
    if record.technique is not Technique.CYCLING:
        return write_eclab(record, stem)
    path = stem.with_name(stem.name + ".txt")
    table, began = own_clock(record)
    time, current = table["test_time_second"].to_numpy(), table["current_ampere"].to_numpy(float)
    imposed = table.get("control_current_ampere", table["current_ampere"]).to_numpy(float)
    moment = pd.to_datetime(np.round(began + time).astype("int64"), unit="s")
    step = table["step_count"]
    made = pd.DataFrame(
        {
            "Rec": np.arange(1, len(table) + 1),
            "Cycle P": _counted(table["cycle_count"]),
            "Cycle C": _counted(table["cycle_count"]),
            "Step": step.to_numpy(),
            "Test Time (sec)": [f"{v:.2f}" for v in time.tolist()],
            "Step Time (sec)": [f"{v:.2f}" for v in (time - time[_firsts(step)]).tolist()],
            "Capacity (AHr)": "0.000000",
            "Energy (WHr)": "0.000000",
            "Current (A)": [f"{v:.9f}" for v in np.abs(current).tolist()],
            "Voltage (V)": [f"{v:.6f}" for v in table["voltage_volt"].tolist()],
            "MD": np.where(imposed > 0, "C", np.where(imposed < 0, "D", "R")),
            "DPT Time": moment.strftime("%m/%d/%Y %H:%M:%S"),
        }
    )
    head = f"Today's Date\t{moment[-1]:%m/%d/%Y}\tDate of Test:\t{moment[0]:%m/%d/%Y}\n"
    path.write_text(head + made.to_csv(sep="\t", index=False, lineterminator="\n"), "latin-1")
    return path


def write_german(record: Record, stem: Path) -> Path:
    """Write a table as a German spreadsheet saves it: semicolons, decimal commas, mA."""
    if record.technique is not Technique.CYCLING:
        return write_eclab(record, stem)
    path = stem.with_name(stem.name + ".csv")
    table, began = own_clock(record)
    time = table["test_time_second"].to_numpy()
    moment = pd.to_datetime(np.round(began + time).astype("int64"), unit="s")
    pd.DataFrame(
        {
            "Datum": moment.strftime("%d.%m.%Y %H:%M:%S"),
            "Zeit [s]": time.round(3),
            "Zyklus": _counted(table["cycle_count"]),
            "Spannung [V]": table["voltage_volt"].to_numpy(float).round(6),
            "Strom [mA]": (_MILLI * table["current_ampere"].to_numpy(float)).round(6),
        }
    ).to_csv(path, index=False, sep=";", decimal=",")
    return path


DIALECTS: Final[dict[str, Callable[[Record, Path], Path]]] = {
    **WRITERS,
    "arbin": write_arbin,
    "maccor": write_maccor,
    "german": write_german,
}


def dialects_of(seed: int, identities: np.ndarray) -> list[str]:
    """Return how each cell's files are written: all dialects are equally likely."""
    names = list(DIALECTS)
    return [names[int(u * len(names))] for u in draw_uniform(seed, identities, "bench.dialect")]


def spoiled(records: Sequence[Record], draws: dict[str, float]) -> list[Record]:
    """Return records as a lab keeps them: a channel stands still, a test goes on in a new file.

    Parameters
    ----------
    records : sequence of Record
    draws : dict of str to float
        Uniform numbers ``frozen, frozen_at, split, split_at``.
    """
    out: list[Record] = []
    for record in records:
        one = record
        if record.technique is Technique.CYCLING and len(record.table) > 1:
            if draws["frozen"] < FROZEN:
                one = _standing_still(one, draws["frozen_at"])
            if draws["split"] < SPLIT:
                out += _in_two(one, draws["split_at"])
                continue
        out.append(one)
    return [replace(r, source=replace(r.source, position=k)) for k, r in enumerate(out)]


def _standing_still(record: Record, at: float) -> Record:
    """Repeat one voltage for some cycles: the logger went on, the converter did not."""
    table = record.table.copy()
    cycle = table["cycle_count"].to_numpy()
    first = cycle[int(at * (len(table) - 1))]
    inside = (cycle >= first) & (cycle < first + FROZEN_CYCLES)
    table.loc[inside, "voltage_volt"] = table["voltage_volt"].to_numpy()[int(inside.argmax())]
    return replace(record, table=table)


def _in_two(record: Record, at: float) -> list[Record]:
    step = record.table["step_count"].to_numpy()
    starts = np.flatnonzero(np.diff(step)) + 1
    if not len(starts):
        return [record]
    row = int(starts[int(at * len(starts))])
    parts = record.table.iloc[:row], record.table.iloc[row:]
    return [replace(record, table=part.reset_index(drop=True)) for part in parts]


def write_files(records: Sequence[Record], folder: Path, dialect: str, cut: bool) -> list[Path]:
    """Write a cell's files, numbered in the order of time.

    Parameters
    ----------
    records : sequence of Record
    folder : Path
        Made if absent.
    dialect : str
        One of ``DIALECTS``.
    cut : bool
        End the last text file in the middle of a row, as an interrupted export does.
    """
    folder.mkdir(parents=True, exist_ok=True)
    digits = max(2, len(str(len(records))))
    paths = [
        DIALECTS[dialect](record, folder / f"{n:0{digits}d}_{record.source.method}")
        for n, record in enumerate(records, start=1)
    ]
    if cut:
        _cut_short(paths[-1])
    return paths


def _cut_short(path: Path) -> None:
    if path.suffix not in (".csv", ".txt", ".mpt"):
        return
    raw = path.read_bytes().rstrip(b"\r\n")
    last = raw[raw.rfind(b"\n") + 1 :]
    path.write_bytes(raw[: len(raw) - len(last) // 2])


def plain_table(records: Sequence[Record]) -> pd.DataFrame:
    """Return what a cell's files say of its cycling, in one form for all dialects.

    Returns
    -------
    DataFrame
        ``time_s`` (of the cell's life), ``current_a`` (signed), ``voltage_v``, ``cycle`` (from 1; 0
        for a rest outside cycles).
    """
    parts = [r.table for r in records if r.technique is Technique.CYCLING]
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(PLAIN))
    if not parts:
        return table
    return pd.DataFrame(
        {
            "time_s": table["test_time_second"].to_numpy(float),
            "current_a": table["current_ampere"].to_numpy(float),
            "voltage_v": table["voltage_volt"].to_numpy(float),
            "cycle": table["cycle_count"].to_numpy(np.int64),
        }
    )
