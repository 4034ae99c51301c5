"""Were files that look like one cell's measured at the same time? Then they are several cells'."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from softbreak.data.readers.chunked import LongRecord
from softbreak.data.record import Record, Technique

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
    spans: dict[str, dict[str, tuple[float, float]]] = {}
    for record in records:
        span = _span(record)
        if span is not None:
            files = spans.setdefault(record.source.reader, {})
            begin, end = files.get(record.source.path, span)
            files[record.source.path] = (min(begin, span[0]), max(end, span[1]))
    return any(_overlap(sorted(files.values())) for files in spans.values())


def _span(record: Record | LongRecord) -> tuple[float, float] | None:
    if record.technique is not Technique.CYCLING or not record.rows:
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


def _overlap(spans: Sequence[tuple[float, float]]) -> bool:
    latest = -np.inf
    longest = 0.0
    for begin, end in spans:
        shared = min(latest, end) - begin
        shorter = min(end - begin, longest)
        if shared > _TOLERANCE_SECOND and shared > _SHARE * shorter:
            return True
        if end > latest:
            latest, longest = end, end - begin
    return False
