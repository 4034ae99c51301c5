"""Half-cycles of a cell as its samples arrive; batch work feeds whole files to the same code.

Feeding a record sample by sample, or in any chunks, gives bit-equal rows: what a sample does
depends on the samples before it (and up to three after it), never on where a chunk ended.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Any

import numpy as np

from softbreak.features.half_cycles.early_warning import Lookout, Warned, borne_out
from softbreak.features.half_cycles.measured import NO_TWIN, CurrentDirections, HalfCycles, Twin
from softbreak.features.half_cycles.samples import BLOCK, COLUMNS, Intake, staged, staged_alone
from softbreak.features.half_cycles.stretches import absorbed
from softbreak.features.kernels.sample_columns import TIME

Beside = Callable[[np.ndarray], object]
"""Who looks at the same samples, as they were staged."""
Past = dict[int, tuple[Twin, Twin]]
NOTHING = (NO_TWIN, NO_TWIN)
RECORDS_OPEN = 8
"""So many records of a cell can grow at the same time; the one before them is over."""


class News(StrEnum):
    """What becomes of an early warning."""

    RAISED = "raised"
    CONFIRMED = "confirmed"
    WITHDRAWN = "withdrawn"


class RecordStream:
    """One cycling record on its way into half-cycles.

    Parameters
    ----------
    current : CurrentDirections
        Of the cell.
    past : dict, optional
        The last two half-cycles of the cell for each sign of the current: with it, what the open
        half-cycle shows is looked out for.
    as_recorded : bool
        See :class:`CellStream`.

    Attributes
    ----------
    intake : Intake or None
        The samples of the open half-cycle; None when the record is over.
    done : HalfCycles
        The finished ones.
    tallies : numpy.ndarray of int
        See :data:`softbreak.features.half_cycles.samples.TALLIES`.
    first : float
        First time on the record's own clock (s).
    lookout : Lookout or None
    news : list of (News, Warned)
        Early warnings and their ends, on the record's own clock, since it was emptied last.
    """

    def __init__(
        self, current: CurrentDirections, past: Past | None = None, *, as_recorded: bool = False
    ) -> None:
        self.intake: Intake | None = Intake()
        self.done = HalfCycles(as_recorded=as_recorded)
        self.tallies = self.intake.tallies
        self.first = 0.0
        self._current = current
        self._twins: dict[int, Twin] = {1: NO_TWIN, -1: NO_TWIN}
        self._past = {1: NOTHING, -1: NOTHING} if past is None else past
        self.lookout = None if past is None else Lookout()
        self.news: list[tuple[News, Warned]] = []
        self._warned: list[Warned] = []
        self._alone = np.empty((len(COLUMNS), 1))

    def feed(self, columns: Mapping[str, np.ndarray], beside: Beside | None = None) -> int:
        """Take samples; return how many half-cycles they complete.

        Parameters
        ----------
        columns : mapping of str to numpy.ndarray, shape (n,)
            See :data:`softbreak.features.half_cycles.samples.COLUMNS`.
        beside : callable, optional
            Takes the staged samples too, those of a record that is over among them.
        """
        before = self.done.table.count
        if self.lookout is not None and len(columns["voltage_volt"]) == 1:
            self._take(staged_alone(columns, self._alone), beside)
            return self.done.table.count - before
        stage: np.ndarray | None = None
        for part in _blocks(columns):
            stage = staged(part, stage, whole=self.lookout is not None)
            self._take(stage, beside)
        return self.done.table.count - before

    def _take(self, stage: np.ndarray, beside: Beside | None) -> None:
        if beside is not None:
            beside(stage)
        if self.intake is None:
            return
        if self.lookout is None:
            absorbed(self.intake, stage, self.done, self._twins, self._current)
        else:
            self._look_out(self.intake, self.lookout, stage)
        self.first = self.intake.first

    def _absorb(self, intake: Intake, stage: np.ndarray) -> None:
        pieces = intake.take(stage)
        for k in range(len(pieces)):
            self._finish(intake.buffer, pieces[k : k + 1])
        intake.trim()

    def _finish(self, buffer: np.ndarray, piece: np.ndarray) -> None:
        """Measure one segment; hear what becomes of the warnings in it."""
        sign = int(piece[0, 2])
        before = self._twins.get(sign)
        self.done.add(buffer, piece, self._twins, self._current)
        if before is not None and self._twins[sign] is not before:
            self._past[sign] = (self._twins[sign], self._past[sign][0])
        if self._warned:
            self._resolve(float(buffer[TIME, piece[0, 1] - 1]), self.done)

    def _look_out(self, intake: Intake, lookout: Lookout, stage: np.ndarray) -> None:
        """Look at samples before they are taken up, half-cycle by half-cycle."""
        place, count = 0, stage.shape[1]
        while place < count:
            stop, found = lookout.scan(stage, place)
            if found:
                placed = [w._replace(time=w.time + intake.lost_second) for w in found]
                self._warned += placed
                self.news += [(News.RAISED, warning) for warning in placed]
            if stop > place:
                whole = stop - place == count
                self._absorb(intake, stage if whole else stage[:, place:stop].copy())
            if stop < count:
                lookout.begin(self._past.get(lookout.sign, NOTHING))
            place = stop

    def _resolve(self, end: float, log: HalfCycles) -> None:
        """Confirm or withdraw the warnings of half-cycles that are over by now."""
        row = log.table.rows[-1] if len(log) else None
        for warning in [warning for warning in self._warned if warning.time <= end]:
            self._warned.remove(warning)
            kept = False
            if row is not None and row[0] <= warning.time <= row[1]:
                events = log.events.rows
                kept = borne_out(warning, row, events[events[:, 0] == len(log) - 1])
            self.news.append((News.CONFIRMED if kept else News.WITHDRAWN, warning))

    def ended(self) -> HalfCycles:
        """Return all its half-cycles, as if the record ended here; changes nothing."""
        if self.intake is None:
            return self.done
        last = HalfCycles(as_recorded=self.done.as_recorded)
        twins, current = dict(self._twins), self._current.copy()
        pieces = self.intake.left()  # which may move the buffer
        last.add(self.intake.buffer, pieces, twins, current)
        return self.done.joined(last)

    def end(self) -> None:
        """Let go of the samples: no more will come."""
        self.done, self.intake, self.lookout = self.ended(), None, None
        self.resolve()

    def resolve(self) -> None:
        """Confirm or withdraw what is left of the warnings, as if the record ended here."""
        if self._warned:
            self._resolve(float("inf"), self.ended())

    def dump(self) -> dict[str, Any]:
        """Return all that it remembers."""
        return {
            "intake": None if self.intake is None else self.intake.dump(),
            "done": self.done.dump(),
            "tallies": self.tallies,
            "first": self.first,
            "twins": [[sign, *twin] for sign, twin in self._twins.items()],
            "lookout": None if self.lookout is None else self.lookout.dump(),
            "warned": [list(warning) for warning in self._warned],
        }

    @classmethod
    def load(
        cls, stored: Mapping[str, Any], current: CurrentDirections, past: Past | None
    ) -> RecordStream:
        """Undo :meth:`dump`."""
        stream = cls(current, past)
        intake = stored["intake"]
        stream.intake = None if intake is None else Intake.load(intake)
        stream.tallies = stored["tallies"] if stream.intake is None else stream.intake.tallies
        stream.first = stored["first"]
        stream.done = HalfCycles.load(stored["done"])
        stream._twins = {sign: Twin(*twin) for sign, *twin in stored["twins"]}
        looks = stored["lookout"] is not None
        stream.lookout = Lookout.load(stored["lookout"]) if looks else None
        stream._warned = [Warned(*warning) for warning in stored["warned"]]
        return stream


def _blocks(columns: Mapping[str, np.ndarray]) -> Iterator[Mapping[str, np.ndarray]]:
    count = len(columns["voltage_volt"])
    if 0 < count <= BLOCK:
        yield columns
        return
    for start in range(0, count, BLOCK):
        yield {name: column[start : start + BLOCK] for name, column in columns.items()}


class CellStream:
    """All cycling records of one cell, fed in any chunks.

    Parameters
    ----------
    watchful : bool
        Also look out for what open half-cycles show.
    as_recorded : bool
        Measure the voltage as it was recorded only, not also without its sign and reversed: for
        who can feed the samples again, should that not be how it is to be read.

    Examples
    --------
    >>> stream = CellStream()
    >>> stream.feed(
    ...     "cell.csv",
    ...     {
    ...         "test_time_second": np.arange(0.0, 720.0, 60.0),
    ...         "voltage_volt": np.repeat([0.1, -0.1], 6),
    ...         "current_ampere": np.repeat([1e-3, -1e-3], 6),
    ...     },
    ... )
    1
    >>> [len(part) for part in stream.parts(["cell.csv"])]
    [2]
    """

    def __init__(self, *, watchful: bool = False, as_recorded: bool = False) -> None:
        self._as_recorded = as_recorded
        self._past: Past | None = {1: NOTHING, -1: NOTHING} if watchful else None
        self.records: dict[Hashable, RecordStream] = {}
        self._current = CurrentDirections()

    @property
    def reversed(self) -> bool:
        """Whether the current has ever reversed, beyond doubt."""
        return self._current.reversed

    def feed(
        self, key: Hashable, columns: Mapping[str, np.ndarray], beside: Beside | None = None
    ) -> int:
        """Take samples of one record; return how many half-cycles they complete.

        Parameters
        ----------
        key : hashable
            Names the record.
        columns : mapping of str to numpy.ndarray, shape (n,)
            See :data:`softbreak.features.half_cycles.samples.COLUMNS`.
        beside : callable, optional
            See :meth:`RecordStream.feed`.
        """
        stream = self.records.get(key)
        if stream is None:
            stream = RecordStream(self._current, self._past, as_recorded=self._as_recorded)
            self.records[key] = stream
            if len(self.records) > RECORDS_OPEN:
                self.records[list(self.records)[-RECORDS_OPEN - 1]].end()
        return stream.feed(columns, beside)

    def goes_on(self, key: Hashable) -> bool:
        """Return whether a record's samples are still followed."""
        return key in self.records and self.records[key].intake is not None

    def parts(
        self, order: Iterable[Hashable], *, running: Hashable | None = None
    ) -> list[HalfCycles]:
        """Return the half-cycles of every record.

        Parameters
        ----------
        order : iterable of hashable
            Names of records, in the order of the cell's life.
        running : hashable, optional
            The record that still goes on: its open half-cycle is left out.
        """
        return [
            self.records[key].done if key == running else self.records[key].ended() for key in order
        ]

    def dump(self) -> dict[str, Any]:
        """Return all that it remembers; the names of records must be words."""
        records = [[key, stream.dump()] for key, stream in self.records.items()]
        current = self._current.dump()
        past = [[sign, *map(list, both)] for sign, both in (self._past or {}).items()]
        return {"records": records, "current": current, "past": past}

    @classmethod
    def load(cls, stored: Mapping[str, Any]) -> CellStream:
        """Undo :meth:`dump`."""
        stream = cls(watchful=bool(stored["past"]))
        if stored["past"]:
            past = {sign: (Twin(*one), Twin(*older)) for sign, one, older in stored["past"]}
            stream._past = past
        stream._current = CurrentDirections.load(stored["current"])
        for key, record in stored["records"]:
            stream.records[key] = RecordStream.load(record, stream._current, stream._past)
        return stream
