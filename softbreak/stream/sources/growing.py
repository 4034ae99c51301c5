"""One growing file: what is new in it, row by row, whatever its format."""

from __future__ import annotations

import time
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from os import stat_result
from pathlib import Path
from typing import Any, Final

from softbreak.data.readers import registry
from softbreak.data.record import Record, Technique
from softbreak.stream.sources.file_position import Mark, Series, digest
from softbreak.stream.sources.tail import ends_within_a_line, matches, part, plan, read_on

_BREATH: Final = 5.0
"""A growing file is not read as a whole again before this many times as long as that took."""


@dataclass(slots=True)
class News:
    """What is new in a file.

    Attributes
    ----------
    records : list of Record
        New rows.
    rewritten : bool
        The file no longer begins as it did: ``records`` holds all of it.
    """

    records: list[Record] = field(default_factory=list)
    rewritten: bool = False

    @property
    def samples(self) -> int:
        """Number of rows."""
        return sum(len(record.table) for record in self.records)


@dataclass(frozen=True, slots=True)
class _Ahead:
    """A file that is being read elsewhere, as it was when that began."""

    records: Future[list[Record]]
    stamp: tuple[int, int]
    quiet: bool
    began: float


class GrowingFile:
    """A file that a cycler writes to.

    Text is read on from where it ended; what cannot be read on (zipped and binary formats, text
    whose rows depend on those before) is read as a whole when it grows. Either way, only rows that
    were not handed on are, and a row that was handed on and now reads differently makes the file a
    rewritten one.

    Parameters
    ----------
    path : Path
    name : str
        Relative to the archive; the records bear it.
    columns : mapping or None
        As for :func:`softbreak.data.readers.registry.read`.
    mark : Mark
        Where to take up.
    settle_second : float
        A file that has not changed for so long is taken as finished, until it changes.

    Attributes
    ----------
    mark : Mark
        How far it was handed on.
    quiet_second : float
        So long it has not changed.
    """

    def __init__(
        self,
        path: Path,
        name: str,
        columns: Mapping[str, Any] | None,
        mark: Mark,
        settle_second: float,
    ) -> None:
        self.path, self.name = path, name
        self.mark = mark
        self._columns = columns or None
        self._settle_second = settle_second
        self._changed_at = time.monotonic()
        self._seen = (mark.size, mark.mtime_ns)
        self.quiet_second = 0.0
        self._not_before = 0.0
        self._ahead: _Ahead | None = None

    def fresh(self) -> GrowingFile:
        """Return the same file, unread."""
        mark = Mark(facts=self.mark.facts)
        return GrowingFile(self.path, self.name, self._columns, mark, self._settle_second)

    @property
    def known(self) -> bool:
        """Whether rows of it were handed on."""
        return any(series.rows for series in self.mark.series)

    def is_being_read(self, *, may_begin: bool) -> bool:
        """Have the file read elsewhere, if a library is to read it; return whether it still is.

        Parameters
        ----------
        may_begin : bool
            Whether it is this file's turn; else it waits.

        Raises
        ------
        ReadError, OSError
            As :meth:`look`.
        """
        if self._ahead is not None:
            return not self._ahead.records.done()
        due = self._due() if self.mark.tail is None else None
        if due is None or (time.monotonic() < self._not_before and not due[1]):
            return False
        begin = registry.reader_ahead(self.path, self._columns)
        if begin is not None and may_begin:
            self._ahead = _Ahead(begin(self.path, self._columns), *due, time.monotonic())
        return begin is not None

    def look(self) -> News | None:
        """Return what is new; None if the file has not changed (or is gone).

        Raises
        ------
        ReadError
            If it cannot be read. While it grows that may pass.
        OSError
            If it is locked, or the network is away.
        """
        if self._ahead is not None and self._ahead.records.done():
            ahead, self._ahead = self._ahead, None
            return self._read_whole(ahead.stamp, ahead.quiet, ahead)
        due = self._due()
        if due is None:
            return None
        stamp, quiet = due
        same = stamp == (self.mark.size, self.mark.mtime_ns)
        if not same and not quiet and self.mark.tail is not None:
            news = self._read_on(stamp)
            if news is not None:
                return news
        if time.monotonic() < self._not_before and not quiet:
            return None
        return self._read_whole(stamp, quiet)

    def _due(self) -> tuple[tuple[int, int], bool] | None:
        """Return the file's stamp, and whether it is quiet; None if it need not be looked at."""
        try:
            status = self.path.stat()
        except FileNotFoundError:
            return None
        stamp = (status.st_size, status.st_mtime_ns)
        quiet = self._quiet(stamp, status)
        same = stamp == (self.mark.size, self.mark.mtime_ns)
        return None if same and (self.mark.settled or not quiet) else (stamp, quiet)

    def give_up(self) -> None:
        """Leave the file alone until it changes."""
        status = self.path.stat()
        self.mark = replace(
            self.mark, size=status.st_size, mtime_ns=status.st_mtime_ns, settled=True
        )

    def is_quiet(self) -> bool:
        """Return whether it has not changed for a while: what is wrong with it will stay."""
        try:
            status = self.path.stat()
        except OSError:
            return False
        return self._quiet((status.st_size, status.st_mtime_ns), status)

    def _quiet(self, stamp: tuple[int, int], status: stat_result) -> bool:
        now = time.monotonic()
        if stamp != self._seen:
            self._seen, self._changed_at = stamp, now
        # Two clocks: this machine's, and the one that wrote the file's time, for old files.
        age = time.time() - status.st_mtime
        self.quiet_second = max(now - self._changed_at, age)
        return self.quiet_second >= self._settle_second

    def _read_on(self, stamp: tuple[int, int]) -> News | None:
        mark = self.mark
        if mark.tail is None or stamp[0] < mark.tail.offset:
            return None
        found = read_on(self.path, mark.tail, self._columns)
        record = matches(mark.series[-1], found[0]) if found else None
        if found is None or record is None:
            return None
        known, last = mark.tail.rows, mark.series[-1]
        more = digest(record, known, len(record.table), first=last.rows)
        rows = last.rows + len(record.table) - known
        series = [*mark.series[:-1], replace(last, rows=rows, digest=(last.digest + more) % 2**64)]
        self.mark = replace(
            mark,
            size=stamp[0],
            mtime_ns=stamp[1],
            settled=False,
            ended=False,
            series=series,
            tail=found[1],
        )
        new = part(record, known, self.name, len(series) - 1)
        return News([new] if len(new.table) else [])

    def _read_whole(self, stamp: tuple[int, int], quiet: bool, ahead: _Ahead | None = None) -> News:
        began = ahead.began if ahead is not None else time.monotonic()
        try:
            if ahead is not None:
                records = list(ahead.records.result())
            else:
                records = registry.read(self.path, self._columns)
        finally:
            self._not_before = time.monotonic() + _BREATH * (time.monotonic() - began)
        if not quiet and ends_within_a_line(self.path, stamp[0], records[-1]):
            records[-1] = replace(records[-1], table=records[-1].table.iloc[:-1])
        tail = None
        if not quiet and records[-1].technique is not Technique.IMPEDANCE:
            tail = plan(self.path, stamp[0], records[-1], self._columns)
        if records[-1].technique is Technique.IMPEDANCE and not quiet:
            del records[-1]  # a spectrum counts when it is complete
        news = self._compared(records)
        self.mark = Mark(
            size=stamp[0],
            mtime_ns=stamp[1],
            settled=quiet,
            series=[Series.of(record, len(record.table)) for record in records],
            tail=tail,
            facts=self.mark.facts,
        )
        return news

    def _compared(self, records: list[Record]) -> News:
        known = self.mark.series
        same = len(records) >= len(known) and all(
            series.begins(record) and not _grown_spectrum(series, record)
            for series, record in zip(known, records, strict=False)
        )
        news = News(rewritten=not same and self.known)
        for place, record in enumerate(records):
            start = known[place].rows if same and place < len(known) else 0
            if len(record.table) > start:
                news.records.append(part(record, start, self.name))
        return news


def _grown_spectrum(series: Series, record: Record) -> bool:
    return series.technique == Technique.IMPEDANCE and 0 < series.rows < len(record.table)
