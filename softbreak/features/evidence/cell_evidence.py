"""All that a cell's history offers to a detector, measured once."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pandas as pd

from softbreak.data.history import CellHistory
from softbreak.data.record import Cell
from softbreak.features.book import SWEEP_COLUMNS, Book, Placed, Spectrum
from softbreak.features.cycles.timeline import Timeline, tables_of
from softbreak.features.cycles.waveforms import waveform_table


@dataclass(frozen=True, slots=True, eq=False)
class CellEvidence:
    """What detectors look at.

    Attributes
    ----------
    cell : Cell
        Manifest and files together.
    timeline : Timeline
    sweeps : pandas.DataFrame
        One row a CV cycle: ``series, sweep, start_time_second, end_time_second, peak_current,
        window, middle, scan_rate, chord_resistance, linearity, largest_jump, charge,
        temperature_celsius, hysteresis, curvature, common_voltage, asymmetry,
        peak_before_vertex`` (see :mod:`softbreak.physics.voltammetry`).
    spectra : tuple of Spectrum
    mixture : str
        Why the files are not those of one cell; empty where they may be.
    temperature_logged : bool
        A temperature was logged with the cycling data, and is no mere constant of the software.
    waveforms : pandas.DataFrame or None
        Shapes of the half-cycles (:func:`softbreak.features.cycles.waveforms.waveform_table`),
        where somebody asked for them.
    """

    cell: Cell
    timeline: Timeline
    sweeps: pd.DataFrame
    spectra: tuple[Spectrum, ...]
    temperature_logged: bool
    mixture: str = ""
    waveforms: pd.DataFrame | None = None


def gather(history: CellHistory, *, waveforms: bool = False) -> CellEvidence:
    """Measure everything that a cell's history offers.

    Parameters
    ----------
    history : CellHistory
    waveforms : bool
        Also the shapes of the half-cycles.
    """
    book, placed = Book(), []
    for key, (record, clock) in enumerate(zip(history.records, history.clocks, strict=True)):
        book.feed(key, record)
        shift = float(clock[0]) - book.entries[key].meter.first if len(clock) else 0.0
        placed.append((key, shift))
    found = evidence_of(book, history.cell, placed, tables_of(book.arranged(placed)))
    if waveforms:
        found = replace(found, waveforms=waveform_table(history, found.timeline))
    return found


def evidence_of(book: Book, known: Cell, placed: Placed, timeline: Timeline) -> CellEvidence:
    """Return what a book of records offers.

    Parameters
    ----------
    book : Book
    known : Cell
        What is known of the cell besides its files.
    placed : sequence of (hashable, float)
        Order and shifts of the records.
    timeline : Timeline
        Of their cycling.
    """
    log = book.log(placed)
    return CellEvidence(
        book.cell(known, placed),
        timeline,
        book.sweeps(placed, log),
        book.spectra(placed, log),
        book.temperature_logged,
        book.mixture(known, placed),
    )


__all__ = ["SWEEP_COLUMNS", "CellEvidence", "Spectrum", "evidence_of", "gather"]
