"""Records that arrive one after the other and go on from one file into the next.

As :func:`softbreak.data.runs.runs_of` says of finished files; here a record is asked about when
its first rows arrive.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from softbreak.data.history import placements, span_of, started
from softbreak.data.record import Record, Technique
from softbreak.data.runs import Head, Run, head_of

if TYPE_CHECKING:
    from softbreak.features.evidence.record_log import RecordLog
    from softbreak.features.half_cycles.stream import CellStream

Tail = tuple[tuple[str, int], float]
"""Path and position of the last record that goes on under a name, and its offset (s)."""


class Joins:
    """Under which names the records of a cell go on."""

    def __init__(self) -> None:
        self._names: dict[Hashable, tuple[Hashable, float]] = {}
        self._tails: dict[Hashable, Tail] = {}

    def name_of(
        self, entries: dict[Hashable, RecordLog], stream: CellStream, key: Hashable, record: Record
    ) -> tuple[Hashable, float]:
        """Return under which name rows are kept, and how far their clock is shifted (s).

        A record that follows another one without a gap goes on under the other's name.

        Parameters
        ----------
        entries : dict
            What is known of each record so far, in the order of their beginnings.
        stream : CellStream
            Their samples.
        key : hashable
            The record's own name.
        record : Record
            Rows of it.
        """
        if key in entries:  # once another file has followed, nothing more fits in between
            return (f"{key}\nlate" if key in self._tails else key), 0.0
        if key not in self._names and record.rows:
            before = next((k for k in reversed(entries) if _cycles(entries[k])), None)
            if before is not None and stream.goes_on(before):
                self._join(entries, before, key, record)
        return self._names.get(key, (key, 0.0))

    def _join(
        self, entries: dict[Hashable, RecordLog], before: Hashable, key: Hashable, record: Record
    ) -> None:
        head = head_of(record, started(record))
        adjacent = before == next(reversed(entries))
        run = self._run(before, entries[before])
        offset = run.offset_of(head, adjacent=adjacent)
        if offset is not None:
            self._tails[before] = (head.path, head.position), offset
            self._names[key] = (before, offset)

    def _run(self, key: Hashable, entry: RecordLog) -> Run:
        meter = entry.meter
        head = Head(
            entry.path,
            entry.position,
            entry.technique,
            entry.instrument,
            entry.method,
            entry.cell,
            entry.started,
            meter.first,
        )
        place, offset = self._tails.get(key, ((entry.path, entry.position), 0.0))
        return Run(head, place, offset, meter.last, meter.rows, steady=not meter.lost_second)

    def dump(self) -> list[list[Any]]:
        """Return all that it remembers; the names of records must be words."""
        names = [[key, *told] for key, told in self._names.items()]
        return [names, [[key, *place, offset] for key, (place, offset) in self._tails.items()]]

    @classmethod
    def load(cls, stored: Sequence[Any]) -> Joins:
        """Undo :meth:`dump`."""
        joins = cls()
        joins._names = {key: (name, offset) for key, name, offset in stored[0]}
        joins._tails = {key: ((path, place), offset) for key, path, place, offset in stored[1]}
        return joins


def _cycles(entry: RecordLog) -> bool:
    return entry.technique is Technique.CYCLING


def in_order(
    records: Sequence[Record], names: Sequence[str], known: Mapping[Hashable, RecordLog]
) -> list[Record]:
    """Put rows into the order of the cell's life: only so is it seen what follows what.

    Parameters
    ----------
    records : sequence of Record
        Rows that arrived together.
    names : sequence of str
        Of the record that each of them belongs to; those of one keep their order.
    known : mapping
        Records that had begun before; what goes on in them comes first.
    """
    first: dict[str, Record] = {}
    for name, record in zip(names, records, strict=True):
        first.setdefault(name, record)
    fresh = [name for name in first if name not in known]
    spans = [entry.span for entry in known.values()] + [span_of(first[name]) for name in fresh]
    order = [k - len(known) for k, _ in placements(spans) if k >= len(known)]
    place = {fresh[k]: rank for rank, k in enumerate(order, start=1)}
    return [
        record
        for _, record in sorted(
            zip(names, records, strict=True), key=lambda item: place.get(item[0], 0)
        )
    ]
