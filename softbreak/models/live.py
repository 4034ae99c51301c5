"""A cell that is judged while it runs: the same code as for a finished one, a chunk at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any, Final, NamedTuple

import numpy as np
import pandas as pd

from softbreak.data.record import Cell, Record, Technique
from softbreak.features.arrange import Arranged, first_cycles
from softbreak.features.book import Book
from softbreak.features.evidence import evidence_of
from softbreak.features.intake import TALLIES
from softbreak.features.packing import pack, unpack
from softbreak.features.timeline import tables_of
from softbreak.models.change import Change, Kind
from softbreak.models.reading_memory import ReadingMemory
from softbreak.models.registry import DEFAULT, Detector, detector_of
from softbreak.models.verdict_rows import units_of, verdict_row, verdict_table
from softbreak.verdict import Evidence, State, Verdict

ONE_WAY_SECOND: Final = 6 * 3600.0
"""A current that has not reversed for so long is judged in slices; the first half-cycle of an
ordinary cell is not."""
SLICE_SECOND: Final = 1800.0


class Told(NamedTuple):
    """One verdict and what it is about: cycle, start and end (s)."""

    unit: tuple[int, float, float]
    verdict: Verdict


class LiveCell:
    """One cell, fed as it runs.

    Feeding its records in any chunks and then :meth:`finish` gives exactly the verdicts that
    :func:`softbreak.models.diagnose.examine` gives for the whole records.

    Parameters
    ----------
    cell : Cell
        What is known of it besides its files.
    detector : str
        A name from :data:`softbreak.models.registry.DETECTORS`.

    Attributes
    ----------
    cell : Cell
    detector : str
    """

    def __init__(self, cell: Cell, detector: str = DEFAULT) -> None:
        self.cell = cell
        self.detector = detector
        self._chosen = detector_of(detector)
        self._book = Book()
        self._memory = ReadingMemory()
        self._running: str | None = None
        self._slices = 0
        self._told: list[Told] = []
        self._by: Detector = self._chosen

    def __repr__(self) -> str:
        """One line that says what it is."""
        return (
            f"<LiveCell {self.cell.cell_id}: {self.counts['samples']:,} samples, "
            f"{len(self._told)} verdicts by {self.detector}>"
        )

    @property
    def verdicts(self) -> pd.DataFrame:
        """The verdicts so far: the columns of ``verdicts.parquet``."""
        units = pd.DataFrame(
            [told.unit for told in self._told],
            columns=["cycle_index", "start_time_second", "end_time_second"],
        )
        said = [told.verdict for told in self._told]
        return verdict_table(self.cell.cell_id, units, said, self._by)

    @property
    def counts(self) -> dict[str, int]:
        """How much was fed, and what was wrong with it.

        ``samples`` (rows of all techniques), ``records``, ``half_cycles``, and of the cycling
        samples ``missing_times``, ``missing_voltages``, ``backward`` (times that step back) and
        ``repeated`` (told twice in a row).
        """
        streams = self._book.stream.records.values()
        tallies = sum((stream.tallies for stream in streams), np.zeros(len(TALLIES), np.int64))
        return {
            "samples": sum(entry.meter.rows for entry in self._book.entries.values()),
            "records": len(self._book.entries),
            "half_cycles": sum(len(stream.done) for stream in streams),
            **dict(zip(TALLIES, tallies.tolist(), strict=True)),
        }

    def update(self, records: Sequence[Record]) -> list[Change]:
        """Take new rows in and say what changes.

        Parameters
        ----------
        records : sequence of Record
            Each holds rows that were not seen before, in their order. Rows with the same
            ``source.path``, ``source.position`` and technique belong to one record.

        Returns
        -------
        list of Change
        """
        due = False
        for record in records:
            due |= self._take(record)
        return self._judge(ended=False) if due else []

    def finish(self) -> list[Change]:
        """Judge what there is as if nothing followed; more may follow all the same."""
        return self._judge(ended=True)

    def _take(self, record: Record) -> bool:
        """Take rows in; tell whether verdicts may change."""
        key = f"{record.source.path}\n{record.source.position}\n{record.technique.value}"
        fresh = key not in self._book.entries
        completed = self._book.feed(key, record)
        if record.technique is Technique.REST:
            return False
        if record.technique is not Technique.CYCLING:
            return True
        self._running = key
        slices = 0
        intake = self._book.stream.records[key].intake
        if intake is not None and intake.rows:
            slices = int((intake.last - intake.first) // SLICE_SECOND)
        grown = slices != self._slices and not self._book.stream.reversed
        self._slices = slices
        return bool(completed) or fresh or grown

    # ---------------------------------------------------------------------------- judging
    def _judge(self, *, ended: bool) -> list[Change]:
        placed = self._book.placed()
        found = self._complete(placed, ended=ended)
        evidence = evidence_of(self._book, self.cell, placed, tables_of(found))
        readings = self._memory.read(evidence)
        chosen, units = units_of(evidence, self._chosen)
        said = chosen.judge(evidence, readings)
        columns = ("cycle_index", "start_time_second", "end_time_second")
        rows = zip(*(units[name].to_list() for name in columns), strict=True)
        told = [
            Told((int(k), start, end), verdict)
            for (k, start, end), verdict in zip(rows, said, strict=True)
        ]
        return self._tell(told, chosen, all_of_it=ended)

    def _complete(self, placed: list[tuple[Any, float]], *, ended: bool) -> Arranged:
        """Half-cycles of the cycles that are complete."""
        whole = self._book.arranged(placed)
        if ended:
            return whole
        closed = self._book.arranged(placed, running=self._running)
        if len(closed.sign) and not closed.one_way:
            return first_cycles(closed, self._finished_cycles(closed))
        length = whole.statistics[:, 1] - whole.statistics[:, 0]
        if not whole.one_way or length.sum() < ONE_WAY_SECOND:
            return first_cycles(closed, 0)
        return first_cycles(whole, len(whole.sign) - 1)

    def _finished_cycles(self, closed: Arranged) -> int:
        """How many cycles are complete: the last one is when its second half is."""
        last = int(closed.cycle[-1])
        stream = self._book.stream.records[self._running] if self._running else None
        following = stream.intake.open.sign if stream is not None and stream.intake else 0
        signs = closed.sign[closed.cycle == last]
        return last + int(len(set(signs.tolist())) == 2 and following != signs[-1])

    def _tell(self, told: list[Told], by: Detector, *, all_of_it: bool) -> list[Change]:
        """Say what is new or other than before.

        Verdicts of which only the words changed are told at the end.
        """
        other = by.name != self._by.name
        changes = []
        for k, item in enumerate(told):
            before = self._told[k] if k < len(self._told) else None
            if before is None or other or _differ(before, item, words=all_of_it):
                row = verdict_row(self.cell.cell_id, item.unit, item.verdict, by)
                changes.append(
                    Change(Kind.VERDICT, item.unit[0], item.unit[2], row, before is not None)
                )
        for item in self._told[len(told) :]:
            row = {"cell_id": self.cell.cell_id, "cycle_index": item.unit[0]}
            changes.append(Change(Kind.REMOVED, item.unit[0], item.unit[2], row, True))
        self._told, self._by = told, by
        return changes

    # ----------------------------------------------------------------------------- memory
    def dump(self) -> bytes:
        """Return all that it remembers, as bytes; see :meth:`load`."""
        return pack(
            {
                "cell": asdict(self.cell),
                "detector": [self.detector, self._chosen.version],
                "book": self._book.dump(),
                "running": self._running,
                "slices": self._slices,
                "told": [_plain(told) for told in self._told],
                "by": self._by.name,
            }
        )

    @classmethod
    def load(cls, stored: bytes) -> LiveCell:
        """Take up a cell where :meth:`dump` left it; it goes on exactly as if nothing happened.

        Raises
        ------
        SoftbreakError
            If the bytes are damaged, or of another version of this format.
        """
        tree = unpack(stored)
        live = cls(Cell(**tree["cell"]), tree["detector"][0])
        live._book = Book.load(tree["book"])
        live._running, live._slices = tree["running"], tree["slices"]
        live._told = [_told(item) for item in tree["told"]]
        live._by = detector_of(tree["by"])
        return live


def _differ(before: Told, now: Told, *, words: bool) -> bool:
    """Whether a verdict says something else; ``words``: or the same in other words."""
    if before.unit != now.unit:
        return True
    ours, theirs = before.verdict, now.verdict
    if not words:
        ours, theirs = replace(ours, evidence=()), replace(theirs, evidence=())
    return repr(ours) != repr(theirs)


def _plain(told: Told) -> list[Any]:
    verdict = told.verdict
    values = [getattr(verdict, name) for name in Verdict.__slots__[:-1]]
    evidence = [[getattr(item, name) for name in Evidence.__slots__] for item in verdict.evidence]
    return [list(told.unit), values, evidence]


def _told(stored: list[Any]) -> Told:
    (cycle, start, end), (state, *values), evidence = stored
    found = tuple(Evidence(*item) for item in evidence)
    named = dict(zip(Verdict.__slots__, [State(state), *values, found], strict=True))
    return Told((cycle, start, end), Verdict(**named))
