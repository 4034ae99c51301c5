"""From BioLogic's columns to records: what the ``.mpr`` and the ``.mpt`` reader share."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import Final

import numpy as np
import pandas as pd

from softbreak.data.readers.cyclers import biologic_columns as bio
from softbreak.data.readers.impedance.sweeps import sweeps
from softbreak.data.record import Cell, Record, Source, Technique
from softbreak.errors import ReadError

MOST_RECORDS: Final = 20_000
"""A file that seems to hold more spectra than this is damaged."""

_PLACEHOLDER_AREAS = (0.0, 0.001)
"""What EC-Lab fills in where nobody stated the electrode's area (cm²)."""
_CM2_PER = {"cm": 1.0, "mm": 1e-2, "m": 1e4}
_LARGEST_AREA_CM2 = 1e5
"""No electrode in a cycler has ten square metres: the file is damaged there."""
_LARGEST_COUNT = 2**31 - 1
_REMEDY = "Open it in EC-Lab and export it again."


@dataclass(frozen=True, slots=True)
class Header:
    """What a file says besides its columns.

    Attributes
    ----------
    path : Path
    reader : str
    method : Method
    started_unix_second : float or None
        The instrument's computer writes local time without a zone: it is taken for UTC, so that
        a file means the same on every machine.
    stated : mapping of str to str
    """

    path: Path
    reader: str
    method: bio.Method
    started_unix_second: float | None = None
    stated: Mapping[str, str] = field(default_factory=dict)

    def error(self, found: str, expected: str, remedy: str = _REMEDY, place: str = "") -> ReadError:
        """Return an error about this file."""
        return ReadError(self.path, found=found, expected=expected, remedy=remedy, place=place)


REFERENCE_VOLT: Final = 0.01
"""Where Ewe differs by more from the voltage between the electrodes, it is against a reference."""
Columns = dict[str, np.ndarray]
"""Arrays of equal length by the meanings that :mod:`.biologic_columns` gives them."""


@np.errstate(all="ignore")  # damaged values may overflow: that is for the checks to say
def records(header: Header, columns: Columns) -> list[Record]:
    """Return the records of one data table, in the file's own order.

    Parameters
    ----------
    header : Header
    columns : dict of str to ndarray
        Scaled to the units and signs of their meanings.

    Raises
    ------
    ReadError
        If a needed column is missing or the table cannot be what EC-Lab wrote.
    """
    frequency = columns.get("frequency_hertz")
    if frequency is None and (bio.measures_impedance(header.method) or _holds_impedance(columns)):
        raise header.error(
            "impedance without its frequencies (no column freq/Hz)",
            "the frequency of every point",
            "Export the file again with the column freq/Hz.",
        )
    stretches = [(0, _length(columns), False)] if frequency is None else _stretches(frequency)
    if len(stretches) > MOST_RECORDS:
        raise header.error(
            f"{len(stretches):,} changes of technique or spectrum", f"at most {MOST_RECORDS:,}"
        )
    kinds = {is_spectrum for *_, is_spectrum in stretches}
    spectra = _spectrum_columns(header, columns) if True in kinds else {}
    series = _series_columns(header, columns) if False in kinds else {}
    cell = _cell(header.stated)
    found = []
    for position, (start, stop, is_spectrum) in enumerate(stretches):
        chosen = spectra if is_spectrum else series
        table = pd.DataFrame(
            {name: values[start:stop] for name, values in chosen.items()}, copy=False
        )
        technique = Technique.IMPEDANCE if is_spectrum else _technique(header, columns, start, stop)
        found.append(Record(cell, technique, table, _source(header, position)))
    return found


def _holds_impedance(columns: Columns) -> bool:
    names = ("real_impedance_ohm", "imaginary_impedance_ohm", bio.MODULUS)
    return any(name in columns and bool(np.any(columns[name])) for name in names)


def _length(columns: Columns) -> int:
    return len(next(iter(columns.values())))


def _source(header: Header, position: int) -> Source:
    return Source(
        path=str(header.path),
        method=header.method.name,
        instrument="BioLogic",
        reader=header.reader,
        reader_version="1",
        started_unix_second=header.started_unix_second,
        position=position,
        stated=MappingProxyType(dict(header.stated)),
    )


def _stretches(frequency: np.ndarray) -> list[tuple[int, int, bool]]:
    """Return (start, stop, is a spectrum): rows with a frequency are impedance, others are not."""
    with_frequency = frequency > 0
    edges = [0, *(np.flatnonzero(np.diff(with_frequency)) + 1).tolist(), len(frequency)]
    found: list[tuple[int, int, bool]] = []
    for start, stop in pairwise(edges):
        if not with_frequency[start]:
            found.append((start, stop, False))
            continue
        found += [
            (start + sweep.start, start + sweep.stop, True)
            for sweep in sweeps(frequency[start:stop])
        ]
        if len(found) > MOST_RECORDS:
            break
    return found


def _technique(header: Header, columns: Columns, start: int, stop: int) -> Technique:
    if header.method.technique is not Technique.CYCLING:
        return header.method.technique
    mode = columns.get(bio.MODE)
    if mode is not None:
        at_rest = bool(np.all(mode[start:stop] == bio.OPEN_CIRCUIT))
    else:
        current = columns.get("current_ampere")
        at_rest = current is not None and not np.any(current[start:stop])
    return Technique.REST if at_rest else Technique.CYCLING


def _series_columns(header: Header, columns: Columns) -> Columns:
    """Return the columns of cycling, voltammetry and rest.

    Where a current is imposed the whole cell's voltage tells of it; a sweep is that of Ewe. With
    two electrodes the latter is the whole cell's, without the noise of the other lead.
    """
    whole = columns.get(bio.CELL_VOLTAGE)
    if whole is not None:
        own = columns.get("voltage_volt", whole)
        apart = len(own) > 0 and float(np.nanmedian(np.abs(own - whole))) > REFERENCE_VOLT
        swept = header.method.technique is Technique.VOLTAMMETRY
        columns = {**columns, "voltage_volt": whole if apart and not swept else own}
    for name in ("test_time_second", "voltage_volt"):
        if name not in columns:
            raise _lacks(header, name)
    control = _control(columns)
    return {
        "test_time_second": _times(header, columns),
        "voltage_volt": columns["voltage_volt"],
        "current_ampere": _current(header, columns, control),
        **control,
        **_common(header, columns),
    }


def _spectrum_columns(header: Header, columns: Columns) -> Columns:
    """Return the columns of impedance; parts come from modulus and phase where they are stored."""
    if "real_impedance_ohm" in columns and "imaginary_impedance_ohm" in columns:
        real, imaginary = columns["real_impedance_ohm"], columns["imaginary_impedance_ohm"]
    elif bio.MODULUS in columns and bio.PHASE in columns:
        phase = np.deg2rad(columns[bio.PHASE].astype(np.float64))
        real, imaginary = (columns[bio.MODULUS] * part(phase) for part in (np.cos, np.sin))
    else:
        raise _lacks(header, "real_impedance_ohm and imaginary_impedance_ohm")
    spectrum = {
        "frequency_hertz": columns["frequency_hertz"],
        "real_impedance_ohm": real,
        "imaginary_impedance_ohm": imaginary,
    }
    spectrum = {name: values.astype(np.float64, copy=False) for name, values in spectrum.items()}
    if "test_time_second" in columns:
        spectrum["test_time_second"] = _times(header, columns)
    for name in ("voltage_volt", "current_ampere"):
        if name in columns:
            spectrum[name] = columns[name]
    return spectrum | _common(header, columns)


def _common(header: Header, columns: Columns) -> Columns:
    found: Columns = {
        name: _counts(header, name, columns[name])
        for name in ("cycle_count", "step_count")
        if name in columns
    }
    if "ambient_temperature_celsius" in columns:
        found["ambient_temperature_celsius"] = columns["ambient_temperature_celsius"]
    return found


def _control(columns: Columns) -> Columns:
    """Return what the instrument imposed, NaN where it imposed something else or nothing."""
    kinds = (
        ("control_current_ampere", bio.CURRENT_CONTROLLED, 1e-3),
        ("control_voltage_volt", bio.VOLTAGE_CONTROLLED, 1.0),
    )
    mode = columns.get(bio.MODE)
    if mode is None:  # a mixed column without a mode cannot be told apart: it is left out
        return {name: columns[name] for name, *_ in kinds if name in columns}
    found = {}
    for name, controlled, scale_of_mixed in kinds:
        rows = mode == controlled
        if not rows.any():
            continue
        if name in columns:
            found[name] = _where(rows, columns[name])
        elif bio.MIXED_CONTROL in columns:
            found[name] = _where(rows, columns[bio.MIXED_CONTROL], scale_of_mixed)
    return found


def _where(rows: np.ndarray, values: np.ndarray, scale: float = 1.0) -> np.ndarray:
    """Return the scaled values on the given rows, NaN elsewhere, in the values' own precision."""
    precise = values.dtype.type
    return np.where(rows, values * precise(scale), precise(np.nan))


def _current(header: Header, columns: Columns, control: Columns) -> np.ndarray:
    """Return the measured current; where the file has none, what can be said instead.

    EC-Lab stores no current for some galvanostatic techniques, only the imposed current and the
    charge, and computes a current when it exports. Here: the imposed current where current was
    controlled, zero at open circuit, the charge passed per time elsewhere.
    """
    measured = columns.get("current_ampere")
    if measured is not None:
        return measured
    current = _charge_rate(columns)
    imposed = control.get("control_current_ampere")
    if imposed is not None:
        current = np.where(np.isfinite(imposed), imposed, current)
    if header.method.technique is Technique.REST:
        current[:] = 0.0
    elif bio.MODE in columns:
        current[columns[bio.MODE] == bio.OPEN_CIRCUIT] = 0.0
    if np.isnan(current).all():
        raise _lacks(header, "current_ampere")
    return current


def _charge_rate(columns: Columns) -> np.ndarray:
    """Return the charge passed since the row before, per time (A); NaN where it is not known."""
    time = columns["test_time_second"]
    rate = np.full(len(time), np.nan)
    if bio.CHARGE_STEP in columns:
        passed = columns[bio.CHARGE_STEP][1:]
    elif bio.CHARGE in columns:
        passed = np.diff(columns[bio.CHARGE])
    else:
        return rate
    elapsed = np.diff(time)
    np.divide(passed, elapsed, out=rate[1:], where=elapsed > 0)
    return rate


def _times(header: Header, columns: Columns) -> np.ndarray:
    time = columns["test_time_second"].astype(np.float64, copy=False)
    if not np.isfinite(time).all():
        row = int(np.flatnonzero(~np.isfinite(time))[0])
        raise header.error(
            f"no number for the time of data row {row + 1:,}", "seconds in every row"
        )
    return time


def _counts(header: Header, name: str, values: np.ndarray) -> np.ndarray:
    if values.dtype.kind == "f":
        sound = np.abs(values) <= _LARGEST_COUNT  # False for NaN
        if not sound.all():
            row = int(np.flatnonzero(~sound)[0])
            raise header.error(
                f"{values[row]} for the {name} of data row {row + 1:,}", "a whole number"
            )
    return values.astype(np.int32)


def _lacks(header: Header, name: str) -> ReadError:
    return header.error(
        f"no column that gives {name}",
        f"what {header.method.name} records",
        "Export the file as text with all its columns and read that.",
    )


def _cell(stated: Mapping[str, str]) -> Cell:
    return Cell(
        area_cm2=area_cm2(stated.get("electrode_surface_area", "")),
        electrode=stated.get("electrode_material"),
        electrolyte=stated.get("electrolyte"),
    )


def area_cm2(text: str) -> float | None:
    """Return the area that "1,131 cm²" states; None for none and for EC-Lab's placeholders."""
    match = re.match(r"([\d.,]+)\s*(cm|mm|m)", text)
    if match is None:
        return None
    try:
        area = float(match[1].replace(",", "."))
    except ValueError:
        return None
    area *= _CM2_PER[match[2]]
    if any(math.isclose(area, placeholder, abs_tol=1e-9) for placeholder in _PLACEHOLDER_AREAS):
        return None
    return area if area < _LARGEST_AREA_CM2 else None
