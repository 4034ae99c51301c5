"""Whether records are of one cell: by their makers, areas, and the pauses between them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from softbreak.data.history import CellHistory
from softbreak.data.names import file_name
from softbreak.data.record import Cell, Technique

PAUSE_SECOND: Final = 120 * 86_400.0
"""Two files of one cell that are further apart are probably of two cells."""


class RecordFacts(NamedTuple):
    """What tells whether records belong to one cell.

    Attributes
    ----------
    technique : Technique
    area_cm2 : float or None
        As known of the cell, or as the file states it.
    instrument, path : str
    begin, end : float
        On the cell's clock (s).
    rows : int
    """

    technique: Technique
    area_cm2: float | None
    instrument: str
    path: str
    begin: float
    end: float
    rows: int


def mixture(history: CellHistory) -> str:
    """Say why the files of a history are not those of one cell; empty where they may be.

    Parameters
    ----------
    history : CellHistory
    """
    return mixture_of(
        history.cell,
        [
            RecordFacts(
                record.technique,
                record.cell.area_cm2,
                record.source.instrument,
                record.source.path,
                float(clock[0]) if len(clock) else 0.0,
                float(clock[-1]) if len(clock) else 0.0,
                len(clock),
            )
            for record, clock in zip(history.records, history.clocks, strict=True)
        ],
    )


def mixture_of(cell: Cell, records: Sequence[RecordFacts]) -> str:
    """Do as :func:`mixture` where only facts are known.

    Parameters
    ----------
    cell : Cell
        What is known besides the files.
    records : sequence of RecordFacts
        In the order of the cell's life.
    """
    cycling = [record for record in records if record.technique is Technique.CYCLING]
    makers = {record.instrument for record in cycling if record.instrument}
    if len({maker.split()[0] for maker in makers}) > 1:
        return f"cycling was recorded by {' and '.join(sorted(makers))}"
    areas = {record.area_cm2 for record in records if record.area_cm2}
    if cell.area_cm2 is None and areas and max(areas) > 1.05 * min(areas):
        return f"the files state areas from {min(areas):.3g} to {max(areas):.3g} cm²"
    for record, later in pairwise(cycling):
        if record.rows and later.rows and later.begin - record.end > PAUSE_SECOND:
            days = (later.begin - record.end) / 86_400
            return f"{file_name(record.path)} and {file_name(later.path)} are {days:.0f} days apart"
    return ""
