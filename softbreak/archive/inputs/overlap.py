"""Were files that look like one cell's measured at the same time? Then they are several cells'."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from softbreak.data.date_orders import is_open, settled
from softbreak.data.names import natural_key
from softbreak.data.record import LongRecord, Record, Technique

_TOLERANCE_SECOND = 120.0
_SHARE = 0.05


def measured_at_once(records: Sequence[Record | LongRecord]) -> bool:
    """Return whether two cycling files of one instrument overlap in absolute time.

    A cell sits on one channel: nothing cycles it twice at once. Other techniques, and other
    instruments (whose clocks may disagree), prove nothing.

    Parameters
    ----------
    records : sequence of Record or LongRecord
    """
    return at_once(records) is not None


def at_once(records: Sequence[Record | LongRecord]) -> tuple[str, str] | None:
    """Return two files that :func:`measured_at_once` tells of, by their paths.

    Parameters
    ----------
    records : sequence of Record or LongRecord
    """
    whole = settled([r for r in records if isinstance(r, Record)], natural_key)
    long = [record for record in records if isinstance(record, LongRecord)]
    every: list[Record | LongRecord] = [*whole, *long]
    spans: dict[str, dict[str, tuple[float, float]]] = {}
    for record in every:
        span = _span(record)
        if span is not None:
            files = spans.setdefault(record.source.reader, {})
            begin, end = files.get(record.source.path, span)
            files[record.source.path] = (min(begin, span[0]), max(end, span[1]))
    found = (
        _overlap(sorted((*span, path) for path, span in files.items())) for files in spans.values()
    )
    return next((pair for pair in found if pair is not None), None)


def _span(record: Record | LongRecord) -> tuple[float, float] | None:
    if record.technique is not Technique.CYCLING or not record.rows or is_open(record.source):
        return None
    if isinstance(record, LongRecord):
        return record.absolute
    if "unix_time_second" in record.table.columns:
        times = record.array("unix_time_second")
    elif record.source.started_unix_second is not None:
        times = record.array("test_time_second") + record.source.started_unix_second
    else:
        return None
    times = times[np.isfinite(times)]
    return (float(times.min()), float(times.max())) if len(times) else None


def _overlap(spans: Sequence[tuple[float, float, str]]) -> tuple[str, str] | None:
    latest, owner = -np.inf, ""
    longest = 0.0
    for begin, end, path in spans:
        shared = min(latest, end) - begin
        shorter = min(end - begin, longest)
        if shared > _TOLERANCE_SECOND and shared > _SHARE * shorter:
            return owner, path
        if end > latest:
            latest, longest, owner = end, end - begin, path
    return None
