"""What an alarm says to people."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

from softbreak.stream.alarm import Alarm, Level
from softbreak.stream.store.transaction import Notification
from softbreak.verdict import cycle_number

_RAISED: Final = {
    Level.WARNING: "early warning: something broke abruptly",
    Level.SOFT: "SOFT breakdown: electrons flow beside the ions",
    Level.HARD: "HARD breakdown: electrons only",
}
_ENDED: Final = {
    "recovered": "has recovered",
    "withdrawn": "early warning withdrawn: the half-cycle does not bear it out",
    "revised": "alarm taken back: later evidence says otherwise",
}
_MOST_EVIDENCE: Final = 5


def notification(
    cell_id: str, alarm: Alarm, event: str, row: Mapping[str, Any] | None
) -> Notification:
    """Return what is to be sent about an alarm.

    Parameters
    ----------
    cell_id : str
    alarm : Alarm
    event : {"raised", "recovered", "withdrawn", "revised"}
    row : mapping or None
        The row of ``verdicts.parquet``, or of the warning, that it rests on.
    """
    row = row or {}
    said = _RAISED[alarm.level] if event == "raised" else _ENDED[event]
    time, cycle = alarm.time_second, alarm.cycle_index
    if event != "raised" and alarm.end_time_second is not None:
        time, cycle = alarm.end_time_second, alarm.end_cycle or cycle
    title = f"{cell_id}: {said}"
    where = f"Cycle {cycle_number(cycle)}, {time / 3600.0:.4g} h into the cell's life."
    evidence = [dict(item) for item in row.get("evidence") or ()][:_MOST_EVIDENCE]
    sentences = [alarm.sentence] if event == "raised" else []
    sentences += [str(item["sentence"]) for item in evidence]
    lines = [title, where, _fraction(row), *dict.fromkeys(sentences), _wanted(row)]
    body = {
        "title": f"softbreak: {title}",
        "text": "\n".join(line for line in lines if line),
        "event": event,
        "level": alarm.level.value,
        "cell_id": cell_id,
        "cycle_index": cycle,
        "time_second": time,
        "alarm": alarm.key,
        "evidence": evidence,
        "verdict": {k: v for k, v in row.items() if isinstance(v, str | int | float | bool)},
    }
    key = alarm.key if event == "raised" else f"{alarm.key}#{event}"
    return Notification(key, alarm.key, event, alarm.level.rank, body)


def _fraction(row: Mapping[str, Any]) -> str:
    names = ("electronic_fraction", "electronic_fraction_lower", "electronic_fraction_upper")
    values = [row.get(name) for name in names]
    if any(value is None or not math.isfinite(value) for value in values):
        return ""
    middle, lower, upper = (float(value) for value in values if value is not None)
    return f"Electronic fraction {middle:.0%} ({lower:.0%} to {upper:.0%})."


def _wanted(row: Mapping[str, Any]) -> str:
    wanted = row.get("wanted_measurement")
    return f"What would settle it: {wanted}" if wanted else ""
