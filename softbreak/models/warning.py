"""Early warnings as news, in a sentence."""

from __future__ import annotations

import math
from typing import Final

from softbreak.features.half_cycles.early_warning import SWITCHES, Warned
from softbreak.features.half_cycles.stream import News
from softbreak.models.live.changes import Change, Kind
from softbreak.models.rules.words import hours, ohm, percent

_KINDS: Final = {
    News.RAISED: Kind.WARNING,
    News.CONFIRMED: Kind.CONFIRMED,
    News.WITHDRAWN: Kind.WITHDRAWN,
}


def warning_change(
    cell_id: str, cycle_index: int, news: News, warning: Warned, shift: float
) -> Change:
    """Return an early warning, or its end, as a change.

    Parameters
    ----------
    cell_id : str
    cycle_index : int
        The cycle under way.
    news : News
    warning : Warned
    shift : float
        From the record's clock to the cell's (s).
    """
    time = warning.time + shift
    row = {
        "cell_id": cell_id,
        "reason": warning.reason,
        "change": warning.change,
        "before_ohm": warning.before,
        "after_ohm": warning.after,
        "sentence": f"{_seen(warning, time)}{_ENDS[news]}.",
    }
    return Change(_KINDS[news], cycle_index, time, row)


_ENDS: Final = {
    News.RAISED: "; the half-cycle still runs",
    News.CONFIRMED: "; the whole half-cycle bears this out",
    News.WITHDRAWN: "; the whole half-cycle does not bear this out",
}


def _seen(warning: Warned, time: float) -> str:
    fall = percent(1.0 - math.exp(warning.change))
    steps = f"({ohm(warning.before)} to {ohm(warning.after)})"
    if warning.reason == "drop":
        return f"V/I fell by {fall} within one sample at {hours(time)} {steps}"
    if warning.reason == "telegraph":
        return f"V/I fell {SWITCHES} times and came back, last by {fall} at {hours(time)}"
    return (
        f"V/I stands {fall} below the half-cycle before at the same phase, at {hours(time)} {steps}"
    )
