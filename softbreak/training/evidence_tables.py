"""Gathered evidence as plain tables, so that features can be changed without simulating again.

What impedance says of a pair of spectra takes a hundred times as long as everything else that is
measured of a cell; written once, it is read back in a moment.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np
import pandas as pd

from softbreak.data.record import Cell
from softbreak.errors import SoftbreakError
from softbreak.features.cycles.timeline import Timeline
from softbreak.features.evidence.cell_evidence import CellEvidence, Spectrum
from softbreak.models.rules.impedance import ImpedanceReading

OWNER: Final = "cell_id"
_SPECTRUM: Final = "spectrum"


@dataclass(frozen=True, slots=True, eq=False)
class Gathered:
    """Everything that detectors and features look at, of one cell.

    Attributes
    ----------
    evidence : CellEvidence
    readings : tuple of ImpedanceReading
        One a spectrum.
    """

    evidence: CellEvidence
    readings: tuple[ImpedanceReading, ...]

    @property
    def cell_id(self) -> str:
        """Identity of the cell."""
        return self.evidence.cell.cell_id


def to_tables(cells: Sequence[Gathered]) -> dict[str, pd.DataFrame]:
    """Return the evidence of some cells as flat tables, each with a column ``cell_id``.

    Parameters
    ----------
    cells : sequence of Gathered

    Returns
    -------
    dict of str to DataFrame
    """
    found: dict[str, list[pd.DataFrame]] = {}
    scalars: list[dict[str, Any]] = []
    for one in cells:
        row: dict[str, Any] = {}
        for name, value in _parts(one):
            if isinstance(value, pd.DataFrame):
                found.setdefault(name, []).append(_owned(value, one.cell_id))
            else:
                row[name] = value
        scalars.append(row)
        found.setdefault("spectra", []).append(_owned(_spectra(one), one.cell_id))
        found.setdefault("readings", []).append(_owned(_readings(one), one.cell_id))
    tables = {name: _joined(parts) for name, parts in found.items()}
    return {**tables, "cells": pd.DataFrame(scalars)}


def _parts(one: Gathered) -> Iterator[tuple[str, Any]]:
    for prefix, record in (
        ("cell", one.evidence.cell),
        ("timeline", one.evidence.timeline),
        ("evidence", one.evidence),
    ):
        for field in fields(record):
            value = getattr(record, field.name)
            if isinstance(value, Cell | Timeline) or field.name == "spectra":
                continue
            if not isinstance(value, pd.DataFrame | str | bool | int | float | None):
                raise SoftbreakError(
                    f"{prefix}.{field.name} is a {type(value).__name__}; evidence is stored as "
                    "tables, numbers and words only"
                )
            yield f"{prefix}.{field.name}", value


def _owned(table: pd.DataFrame, cell_id: str) -> pd.DataFrame:
    table = table.copy()
    table.insert(0, OWNER, cell_id)
    return table


def _joined(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """Join tables; those without rows would spoil the dtypes of the others."""
    filled = [part for part in parts if len(part)]
    return pd.concat(filled, ignore_index=True) if filled else parts[0]


def _spectra(one: Gathered) -> pd.DataFrame:
    frames = [
        pd.DataFrame(
            {
                _SPECTRUM: k,
                "time_second": spectrum.time_second,
                "temperature_celsius": spectrum.temperature_celsius,
                "frequency_hertz": spectrum.frequency,
                "real_impedance_ohm": spectrum.impedance.real,
                "imaginary_impedance_ohm": spectrum.impedance.imag,
            }
        )
        for k, spectrum in enumerate(one.evidence.spectra)
    ]
    if frames:
        return pd.concat(frames, ignore_index=True)
    names = ["time_second", "temperature_celsius", "frequency_hertz"]
    names += ["real_impedance_ohm", "imaginary_impedance_ohm"]
    empty = pd.DataFrame({name: np.empty(0) for name in names})
    empty.insert(0, _SPECTRUM, np.empty(0, np.int64))
    return empty


def _readings(one: Gathered) -> pd.DataFrame:
    names = [field.name for field in fields(ImpedanceReading)]
    return pd.DataFrame(
        {name: [getattr(reading, name) for reading in one.readings] for name in names}
    )


def from_tables(tables: dict[str, pd.DataFrame]) -> Iterator[Gathered]:
    """Yield the cells that :func:`to_tables` wrote, in order.

    Parameters
    ----------
    tables : dict of str to DataFrame
    """
    scalars = tables["cells"]
    parts = {
        name: _by_owner(table, scalars["cell.cell_id"])
        for name, table in tables.items()
        if name != "cells"
    }
    for k, row in enumerate(scalars.to_dict("records")):
        own: dict[str, Any] = {str(name): value for name, value in row.items()}
        own |= {name: tables_of[k] for name, tables_of in parts.items()}
        spectra = tuple(_rebuilt_spectra(own.pop("spectra")))
        told = own.pop("readings").to_dict("records")
        readings = tuple(ImpedanceReading(**reading) for reading in told)
        timeline = Timeline(**_named(own, "timeline"))
        # a column of numbers keeps None as NaN, but what is unknown of a cell is None
        told_of_cell = _named(own, "cell")
        facts: dict[str, Any] = {n: None if pd.isna(v) else v for n, v in told_of_cell.items()}
        cell = Cell(**facts)
        rest = {"waveforms": None} | _named(own, "evidence")
        if not isinstance(rest["waveforms"], pd.DataFrame):
            rest["waveforms"] = None
        yield Gathered(
            CellEvidence(cell=cell, timeline=timeline, spectra=spectra, **rest), readings
        )


def _by_owner(table: pd.DataFrame, owners: Iterable[str]) -> list[pd.DataFrame]:
    """Cut a table into those of its cells; the rows of a cell stand together."""
    names = table[OWNER].to_numpy()
    rest = table.drop(columns=OWNER)
    edges = np.flatnonzero(names[1:] != names[:-1]) + 1 if len(names) else np.empty(0, int)
    starts = [0, *edges.tolist()] if len(names) else []
    spans = {names[a]: (a, b) for a, b in zip(starts, [*starts[1:], len(names)], strict=False)}
    none = (0, 0)
    return [rest.iloc[slice(*spans.get(owner, none))].reset_index(drop=True) for owner in owners]


def _named(row: dict[str, Any], prefix: str) -> dict[str, Any]:
    start = prefix + "."
    return {name.removeprefix(start): v for name, v in row.items() if name.startswith(start)}


def _rebuilt_spectra(table: pd.DataFrame) -> Iterator[Spectrum]:
    for _, part in table.groupby(_SPECTRUM, sort=True):
        impedance = part["real_impedance_ohm"] + 1j * part["imaginary_impedance_ohm"]
        yield Spectrum(
            float(part["time_second"].iloc[0]),
            part["frequency_hertz"].to_numpy(dtype=np.float64),
            impedance.to_numpy(dtype=np.complex128),
            float(part["temperature_celsius"].iloc[0]),
        )
