"""Records as files that a lab would have: BDF, Neware's CSV, EC-Lab's text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from softbreak.data.readers.formats import bdf
from softbreak.data.record import Record, Technique
from softbreak.simulate.protocols import FIRST_ROW

_TITLE: Final = {
    Technique.CYCLING: "Galvanostatic Cycling with Potential Limitation",
    Technique.VOLTAMMETRY: "Cyclic Voltammetry",
    Technique.IMPEDANCE: "Potentio Electrochemical Impedance Spectroscopy",
    Technique.REST: "Open Circuit Voltage",
}
_MILLI: Final = 1e3


def own_clock(record: Record) -> tuple[pd.DataFrame, float]:
    """Return a record's table with test time from its own start, and that start (s since 1970).

    A file begins at its own zero; only its absolute start says where it belongs.
    """
    table = record.table.copy()
    began = record.source.started_unix_second or 0.0
    begin = float(table["test_time_second"].iloc[0])
    if record.technique is not Technique.IMPEDANCE:
        begin = max(begin - FIRST_ROW, 0.0)
    table["test_time_second"] -= begin
    return table, began + begin


def write_bdf(record: Record, stem: Path) -> Path:
    """Write the Battery Data Format as Parquet, which keeps technique and start.

    Parameters
    ----------
    record : Record
    stem : Path
        The file without its suffix.

    Returns
    -------
    Path
        The file.
    """
    path = stem.with_name(stem.name + ".bdf.parquet")
    bdf.write(_rebased(record), path)
    return path


def write_bdf_csv(record: Record, stem: Path) -> Path:
    """Write the Battery Data Format as CSV; a spectrum, whose time CSV would lose, as Parquet."""
    if record.technique is not Technique.CYCLING:
        return write_bdf(record, stem)
    path = stem.with_name(stem.name + ".bdf.csv")
    table, _ = own_clock(record)
    table = table.drop(columns=["control_current_ampere", "control_voltage_volt"], errors="ignore")
    _rounded(table).to_csv(path, index=False)
    return path


def write_comma_csv(record: Record, stem: Path) -> Path:
    """Write cycling as a spreadsheet of a decimal comma leaves it, appended to after a restart.

    Semicolons between the columns, the header once more in the middle, and a last row that the
    computer did not finish. Other techniques are written as Parquet.
    """
    if record.technique is not Technique.CYCLING:
        return write_bdf(record, stem)
    path = stem.with_name(stem.name + ".csv")
    table, began = own_clock(record)
    columns = {
        "Date Time": _moments(table, began),
        "Time (s)": _comma(table["test_time_second"], 3),
        "Voltage (V)": _comma(table["voltage_volt"], 6),
        "Current (mA)": _comma(table["current_ampere"] * _MILLI, 6),
        "Cycle": [str(n) for n in np.maximum(table["cycle_count"], 1).tolist()],
        "Step": [str(n) for n in table["step_count"].tolist()],
    }
    if "ambient_temperature_celsius" in table:
        columns["Temperature (°C)"] = _comma(table["ambient_temperature_celsius"], 1)
    header = ";".join(columns)
    rows = [";".join(row) for row in zip(*columns.values(), strict=True)]
    half = len(rows) // 2
    lines = [header, *rows[:half], header, *rows[half:]]
    text = "\r\n".join(lines) + "\r\n" + rows[-1][: len(rows[-1]) // 2]
    path.write_text(text, encoding="utf-8-sig", newline="")
    return path


def _comma(values: pd.Series, digits: int) -> list[str]:
    return [f"{v:.{digits}f}".replace(".", ",") for v in values.tolist()]


def _rebased(record: Record) -> Record:
    table, began = own_clock(record)
    source = replace(record.source, started_unix_second=began)
    return replace(record, table=table, source=source)


def _rounded(table: pd.DataFrame) -> pd.DataFrame:
    digits = {"test_time_second": 3, "unix_time_second": 3, "ambient_temperature_celsius": 2}
    out = table.round(digits)
    for name in ("voltage_volt", "current_ampere"):
        out[name] = [f"{v:.7g}" for v in out[name].tolist()]
    return out


def write_neware(record: Record, stem: Path) -> Path:
    """Write what BTSDA exports as CSV: layers of steps, current in mA; cycling only.

    Other techniques, which a Neware cycler cannot do, are written as EC-Lab text.
    """
    if record.technique is not Technique.CYCLING:
        return write_eclab(record, stem)
    path = stem.with_name(stem.name + ".csv")
    table, began = own_clock(record)
    current = table["current_ampere"].to_numpy(float)
    imposed = table.get("control_current_ampere", table["current_ampere"]).to_numpy(float)
    kind = np.where(imposed > 0, "CC Chg", np.where(imposed < 0, "CC DChg", "Rest"))
    columns = {
        "DataPoint": np.arange(1, len(table) + 1),
        "Cycle Index": np.maximum(table["cycle_count"].to_numpy(), 1),
        "Step Index": table["step_count"].to_numpy(),
        "Step Type": kind,
        "Time": _clock_face(_within_step(table)),
        "Total Time": _clock_face(table["test_time_second"].to_numpy()),
        "Current(mA)": [f"{v:.5f}" for v in current * _MILLI],
        "Voltage(V)": [f"{v:.6f}" for v in table["voltage_volt"].tolist()],
        "Date": _moments(table, began),
    }
    if "ambient_temperature_celsius" in table:
        columns["T1(°C)"] = [f"{v:.1f}" for v in table["ambient_temperature_celsius"].tolist()]
    pd.DataFrame(columns).to_csv(path, index=False)
    return path


def _moments(table: pd.DataFrame, began: float) -> list[str]:
    milliseconds = np.round((began + table["test_time_second"].to_numpy()) * 1e3).astype("int64")
    moment = pd.to_datetime(milliseconds, unit="ms")
    return moment.strftime("%Y-%m-%d %H:%M:%S.%f").str[:-3].tolist()


def _within_step(table: pd.DataFrame) -> np.ndarray:
    time = table["test_time_second"]
    return (time - time.groupby(table["step_count"]).transform("first")).to_numpy()


def _clock_face(seconds: np.ndarray) -> list[str]:
    whole = np.round(seconds * 1e3).astype(np.int64)
    return [
        f"{ms // 3_600_000:02d}:{ms // 60_000 % 60:02d}:{ms // 1000 % 60:02d}.{ms % 1000:03d}"
        for ms in whole.tolist()
    ]


def write_eclab(record: Record, stem: Path) -> Path:
    """Write what EC-Lab exports as text: its header, tabs, -Im(Z), mA.

    A hold is written as BDF, which can say that it is no cycling.
    """
    if record.source.method == "CA":
        return write_bdf(record, stem)
    path = stem.with_name(stem.name + ".mpt")
    table, began = own_clock(record)
    columns = (
        _spectrum_columns(table)
        if record.technique is Technique.IMPEDANCE
        else _series_columns(table)
    )
    start = datetime.fromtimestamp(round(began, 3), UTC)
    area = record.cell.area_cm2
    header = [
        "",
        _TITLE[record.technique],
        "",
        "Run on channel : 1 (SN 1)",
        "Electrode connection : standard",
        f"Acquisition started on : {start:%m/%d/%Y %H:%M:%S}.{start.microsecond // 1000:03d}",
        "Device : simulated (softbreak)",
        f"Electrode material : {record.cell.electrode or ''}",
        f"Electrolyte : {record.cell.electrolyte or ''}",
        f"Comments : {record.cell.notes}",
        f"Electrode surface area : {area:.3f} cm²" if area else "Electrode surface area : ",
        "Cycle Definition : Charge/Discharge alternance",
        "",
    ]
    lines = ["EC-Lab ASCII FILE", f"Nb header lines : {len(header) + 3}", *header]
    text = "\r\n".join(lines) + "\r\n" + "\t".join(columns) + "\r\n"
    rows = zip(*columns.values(), strict=True)
    text += "\r\n".join("\t".join(row) for row in rows) + "\r\n"
    path.write_bytes(text.encode("latin-1"))
    return path


def _numbers(values: np.ndarray, digits: int = 6) -> list[str]:
    return [f"{v:.{digits}E}" for v in values.tolist()]


def _series_columns(table: pd.DataFrame) -> dict[str, list[str]]:
    time, n = table["test_time_second"].to_numpy(), len(table)
    voltage, current = (table[c].to_numpy(float) for c in ("voltage_volt", "current_ampere"))
    columns: dict[str, list[str]] = {}
    imposed = table.get("control_current_ampere", pd.Series(np.full(n, np.nan))).to_numpy(float)
    held = table.get("control_voltage_volt", table["voltage_volt"]).to_numpy(float)
    galvanic = np.isfinite(imposed)
    mode = np.where(galvanic, np.where(imposed == 0.0, 3, 1), 2)
    control = np.where(galvanic, imposed * _MILLI, held)
    columns["mode"] = [str(m) for m in mode.tolist()]
    columns["Ns"] = [str(v) for v in (table["step_count"] - 1).tolist()]
    columns["time/s"] = _numbers(time, 9)
    columns["control/V/mA"] = _numbers(np.nan_to_num(control))
    columns["Ewe/V"] = _numbers(voltage)
    columns["<I>/mA"] = _numbers(current * _MILLI)
    columns["cycle number"] = _numbers(np.maximum(table["cycle_count"].to_numpy(float), 1.0), 3)
    columns["(Q-Qo)/mA.h"] = _numbers(_charge(time, current))
    return columns


def _charge(time: np.ndarray, current: np.ndarray) -> np.ndarray:
    steps = np.diff(time, prepend=time[0]) * current
    return np.cumsum(steps) / 3.6


def _spectrum_columns(table: pd.DataFrame) -> dict[str, list[str]]:
    z = table["real_impedance_ohm"].to_numpy() + 1j * table["imaginary_impedance_ohm"].to_numpy()
    return {
        "freq/Hz": _numbers(table["frequency_hertz"].to_numpy()),
        "Re(Z)/Ohm": _numbers(z.real),
        "-Im(Z)/Ohm": _numbers(-z.imag),
        "|Z|/Ohm": _numbers(np.abs(z)),
        "Phase(Z)/deg": _numbers(np.degrees(np.angle(z))),
        "time/s": _numbers(table["test_time_second"].to_numpy(), 9),
        "cycle number": _numbers(np.ones(len(table)), 3),
    }


WRITERS: Final[dict[str, Callable[[Record, Path], Path]]] = {
    "bdf": write_bdf,
    "bdf-csv": write_bdf_csv,
    "neware": write_neware,
    "eclab": write_eclab,
    "comma-csv": write_comma_csv,
}
"""How a lab may store what it measured."""


def write_cell(records: list[Record], folder: Path, style: str) -> list[Path]:
    """Write all records of a cell, numbered in the order of time.

    Parameters
    ----------
    records : list of Record
    folder : Path
        Made if absent.
    style : str
        One of :data:`WRITERS`.

    Returns
    -------
    list of Path
    """
    folder.mkdir(parents=True, exist_ok=True)
    digits = max(2, len(str(len(records))))
    return [
        WRITERS[style](record, folder / f"{n + 1:0{digits}d}_{record.source.method}")
        for n, record in enumerate(records)
    ]
