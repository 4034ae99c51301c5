"""Many live cells at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import pandas as pd

from softbreak.data.record import Cell, Record
from softbreak.models.live.cell import LiveCell
from softbreak.models.live.changes import Change
from softbreak.models.registry import DEFAULT, Detector, detector_of


class Watcher(Mapping[str, LiveCell]):
    """Judges cells while they run; a mapping from cell to :class:`LiveCell`.

    Parameters
    ----------
    detector : str or Detector
        See :func:`softbreak.detector`.
    cells : iterable of Cell, optional
        What is known of cells besides their files; others may come along.

    Examples
    --------
    >>> import softbreak as sb
    >>> from softbreak.simulate import simulate
    >>> records, _ = simulate(1, seed=5, cycles=3)
    >>> watcher = sb.Watcher()
    >>> for record in records:
    ...     for change in watcher.update((record.cell.cell_id, [record])):
    ...         assert change.kind in set(sb.Kind)
    >>> changes = watcher.finish()
    >>> len(watcher.verdicts)
    3
    """

    def __init__(self, detector: str | Detector = DEFAULT, cells: Sequence[Cell] = ()) -> None:
        known = detector_of(detector)
        self.detector = detector if isinstance(detector, str) else known.name
        self._cells = {cell.cell_id: LiveCell(cell, self.detector) for cell in cells}

    def __repr__(self) -> str:
        """One line that says what it is."""
        return f"<Watcher of {len(self)} cells, judged by {self.detector}>"

    def __getitem__(self, cell_id: str) -> LiveCell:
        """Return a cell.

        Raises
        ------
        KeyError
            If nothing is known of it.
        """
        return self._cells[cell_id]

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names of cells."""
        return iter(self._cells)

    def __len__(self) -> int:
        """Return the number of cells."""
        return len(self._cells)

    def update(self, chunk: tuple[str, Sequence[Record]]) -> list[Change]:
        """Take new rows of one cell in and say what changes.

        Parameters
        ----------
        chunk : tuple
            Cell and records, which hold rows that were not seen before; see
            :meth:`LiveCell.update`. A cell that was not known begins.

        Returns
        -------
        list of Change
        """
        cell_id, records = chunk
        if cell_id not in self._cells:
            self._cells[cell_id] = LiveCell(Cell(cell_id), self.detector)
        return self._cells[cell_id].update(records)

    def finish(self) -> list[Change]:
        """Judge every cell as if nothing followed; more may follow all the same."""
        return [change for live in self._cells.values() for change in live.finish()]

    @property
    def verdicts(self) -> pd.DataFrame:
        """The verdicts of all cells so far: the columns of ``verdicts.parquet``."""
        tables = [live.verdicts for live in self._cells.values()]
        return pd.concat(tables, ignore_index=True) if tables else LiveCell(Cell()).verdicts
