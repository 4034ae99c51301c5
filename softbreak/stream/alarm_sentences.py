"""What an alarm says to people."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

from softbreak.models.rules.spoken_numbers import hours, percent
from softbreak.plain_text import one_line
from softbreak.stream.alarm import Alarm, Level
from softbreak.stream.store.transaction import Notification
from softbreak.verdict import cycle_number

_RAISED: Final = {
    Level.WARNING: "warning",
    Level.SOFT: "SOFT SHORT",
    Level.HARD: "HARD SHORT",
}
_ENDED: Final = {
    "recovered": "has recovered",
    "withdrawn": "warning withdrawn",
    "revised": "alarm taken back",
}
_MEANT: Final = {
    "withdrawn": "The whole half-cycle does not bear the warning out.",
    "revised": "Later evidence says otherwise.",
}
_MOST_EVIDENCE: Final = 5
LOCK_SCREEN: Final = 100
"""Characters of a title: what a locked phone shows of a message."""
_LONGEST_NAME: Final = 32
_FEWEST_WORDS: Final = 12


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
    where = f"cycle {cycle_number(cycle)}, {hours(time)}"
    title = _title(f"{said}, {_name(cell_id)} ({where})", alarm.sentence, event)
    evidence = [dict(item) for item in row.get("evidence") or ()][:_MOST_EVIDENCE]
    sentences = [alarm.sentence] if event == "raised" else []
    sentences += [str(item["sentence"]) for item in evidence]
    whole = f"{cell_id}, {where} into its life." if event == "raised" else f"{cell_id}, {where}."
    meant = _MEANT.get(event, "")
    lines = [title, whole, meant, _fraction(row), *dict.fromkeys(sentences), _wanted(row)]
    body = {
        "title": title,
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


def _name(cell_id: str) -> str:
    """A long name is cut in its middle: its ends tell cells of a rack apart."""
    shown = one_line(cell_id)
    if len(shown) <= _LONGEST_NAME:
        return shown
    head = _LONGEST_NAME // 2 - 1
    return f"{shown[:head]}…{shown[-(_LONGEST_NAME - head - 1) :]}"


def _title(essential: str, sentence: str, event: str) -> str:
    """What a lock screen shows: state, cell and time, and as much of the reason as fits."""
    room = LOCK_SCREEN - len(essential) - 2
    if event != "raised" or not sentence or room < _FEWEST_WORDS:
        return essential
    if len(sentence) > room:
        sentence = sentence[: room - 1].rsplit(" ", 1)[0].rstrip(" ,;:(") + "…"
    return f"{essential}: {sentence}"


def _fraction(row: Mapping[str, Any]) -> str:
    names = ("electronic_fraction", "electronic_fraction_lower", "electronic_fraction_upper")
    values = [row.get(name) for name in names]
    if any(value is None or not math.isfinite(value) for value in values):
        return ""
    middle, lower, upper = (float(value) for value in values if value is not None)
    return f"Electronic fraction {percent(middle)} ({percent(lower)} to {percent(upper)})."


def _wanted(row: Mapping[str, Any]) -> str:
    wanted = row.get("wanted_measurement")
    return f"What would settle it: {wanted}" if wanted else ""
