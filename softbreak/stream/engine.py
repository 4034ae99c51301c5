"""What the watch needs of an engine: live cells that can be made, stored and taken up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from softbreak.data.record import Cell, Record
from softbreak.models.live.changes import Change


class Live(Protocol):
    """A cell that is fed; see :class:`softbreak.models.live.cell.LiveCell`."""

    def update(self, records: Sequence[Record]) -> list[Change]:
        """Take new rows in and say what changes."""
        ...

    def finish(self) -> list[Change]:
        """Say what the rows so far mean if none follow."""
        ...

    def dump(self) -> bytes:
        """Return all of the cell's memory."""
        ...


class Engine(Protocol):
    """Makes live cells.

    Attributes
    ----------
    model : str
        Detector and version: verdicts of another model are no verdicts of this one.
    """

    model: str

    def make(self, cell: Cell) -> Live:
        """Return a new live cell."""
        ...

    def load(self, state: bytes) -> Live:
        """Undo :meth:`Live.dump`."""
        ...


class DetectorEngine:
    """The same code as ``triage``, a chunk at a time.

    Parameters
    ----------
    detector : str
        A name from :data:`softbreak.models.registry.DETECTORS`, or the folder of a model.
    """

    def __init__(self, detector: str) -> None:
        from softbreak.models.diagnosis.diagnose import detector_version
        from softbreak.models.registry import detector_of

        self.detector = detector
        self.model = f"{detector_of(detector).name} {detector_version(detector)}"[-200:]

    def make(self, cell: Cell) -> Any:
        """Return a new live cell."""
        from softbreak.models.live.cell import LiveCell

        return LiveCell(cell, self.detector)

    def load(self, state: bytes) -> Any:
        """Take a live cell up."""
        from softbreak.models.live.cell import LiveCell

        return LiveCell.load(state)
