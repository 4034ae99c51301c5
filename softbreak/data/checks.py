"""Findings about a measurement, in sentences with numbers, before anyone judges the cell."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

import numpy as np

from softbreak.data.history import CellHistory
from softbreak.data.mixture import mixture
from softbreak.data.names import file_name
from softbreak.data.plausible import LARGE_AMPERE, doubtful_current, doubtful_voltage
from softbreak.data.quick_screen import Limits, suspicion
from softbreak.data.record import Record, Technique

USUAL_OFFSET_VOLT: Final = 2.5e-3
"""Offset of a common cycler: 0.05 % of a 5 V range."""
SPARSE_SECOND: Final = 300.0
"""At longer intervals a dynamic short can come and go between two samples."""
CLIPPED_VOLT: Final = 0.03
"""Below this a vanishing negative half is an offset on a shorted cell, not a clipped range."""
CLIPPED_SHARE: Final = 0.02
"""A negative half of less than this share of the positive one has vanished."""
GAP_FACTOR: Final = 50.0
GAP_SECOND: Final = 600.0
SLOW_SECOND: Final = 200.0
"""At longer intervals over years the time is probably in milliseconds."""
STANDING_SHARE: Final = 0.25
"""Of all intervals; a step of the programme repeats a time once, with many samples between."""
SCATTERED: Final = 0.05
"""Of the imposed current: a current that scatters by more was measured in too wide a range."""
SMALL_VOLT: Final = 3.0 * USUAL_OFFSET_VOLT
RELAXED_VOLT: Final = 0.01
"""Up to this a cell is at rest."""
LOAD_SHARE: Final = 0.01
"""Of the largest current: below it a sample is at rest."""
_LIMITS: Final = Limits(
    SLOW_SECOND, GAP_SECOND, SMALL_VOLT, RELAXED_VOLT, LOAD_SHARE, STANDING_SHARE
)


class Finding(NamedTuple):
    """A remark about the measurement itself, before any verdict.

    Attributes
    ----------
    severity : {"note", "warning", "error"}
        ``error``: the verdict cannot be trusted until this is mended.
    topic : str
        Short and stable ("clock-gap", "missing-area"), for filters.
    sentence : str
        What was seen, with numbers, and what to do.
    """

    severity: str
    topic: str
    sentence: str


def _name(record: Record) -> str:
    return file_name(record.source.path)


def check_history(
    history: CellHistory, of_series: Callable[[Record], list[Finding]] | None = None
) -> list[Finding]:
    """Look for what would mislead a judge of this cell.

    Parameters
    ----------
    history : CellHistory
    of_series : callable, optional
        Says what :func:`check_series`, which is the default, found in a record.
    """
    of_series = of_series or check_series
    found = [Finding(*remark) for remark in history.remarks]
    found += _cell(history)
    mixed = mixture(history) or history.doubt
    if mixed:
        found.append(
            Finding(
                "error",
                "mixed-cells",
                f"These are probably files of several cells: {mixed}. Give each cell a folder of "
                "its own, or say in cells.csv which files belong to which cell.",
            )
        )
    found += _stated(history)
    once: dict[tuple[str, str], Finding] = {}
    series = [r for kind in _SERIES for r in history.records if r.technique is kind]
    for record in series:
        for finding in of_series(record):
            once.setdefault((record.source.path, finding.topic), finding)
    return found + list(once.values())


def check_units(history: CellHistory) -> list[Finding]:
    """Look for currents and voltages whose unit is in doubt, without measuring a cell.

    Parameters
    ----------
    history : CellHistory
    """
    found = []
    for record, _ in history.of(Technique.CYCLING):
        current = np.abs(_numbers(record.array("current_ampere")))
        if told := doubtful_voltage(_numbers(record.array("voltage_volt"))):
            found.append(Finding("warning", "voltage-unit", told))
        if not len(current) or np.nanmax(current, initial=0.0) <= LARGE_AMPERE:
            continue
        load = current > LOAD_SHARE * np.nanmax(current)
        volt = np.abs(_numbers(record.array("voltage_volt")))[load]
        if doubt := doubtful_current(volt, current[load], record.cell.area_cm2):
            found.append(current_unit(doubt))
    return found


def current_unit(doubt: str) -> Finding:
    """Return the remark on a current whose unit is in doubt."""
    return Finding(
        "warning",
        "current-unit",
        f"The unit of the current is in doubt: {doubt}: a wire, or a column in mA that was taken "
        "for A? Name its unit in the header, or map it with a factor (docs/formats.md).",
    )


def _cell(history: CellHistory) -> Iterator[Finding]:
    if history.cell.area_cm2 is None and not any(r.cell.area_cm2 for r in history.records):
        yield Finding(
            "note",
            "missing-area",
            "The electrode area is not known: areal quantities (mA cm⁻², Ω cm²) are left out. "
            "State area_cm2 in cells.csv.",
        )
    if not history.of(Technique.CYCLING) and not history.of(Technique.VOLTAMMETRY):
        yield Finding(
            "warning",
            "no-load",
            "No record passes current through the cell: a rest says nothing about a short, and "
            "one spectrum alone only bounds the electronic resistance from below.",
        )


_SERIES: Final = (Technique.CYCLING, Technique.REST)
_DAMAGE: Final = (
    "damage",
    "rows_missing",
    "left_out",
    "imaginary_sign",
    "unread",
    "clocks",
    "units",
    "temperature",
)
_TOLD: Final = (
    *_DAMAGE,
    "assumption",
    "dates",
    "date_unit",
    "time_unit",
    "read_as",
    "technique",
    "second_header",
    "newest_first",
    "rows_sorted",
    "rows_twice",
    "sheets",
    "exports_in_order",
    "unfinished_row",
    "below_the_table",
)
"""What readers say of a file in ``Source.stated``; where nothing is lost it is a note."""
_QUOTED: Final = re.compile(r"'[^']*'")
_MOST_NAMES: Final = 4


def _stated(history: CellHistory) -> Iterator[Finding]:
    """What the readers had to leave out, to put right or to assume; once of files alike."""
    told: dict[tuple[str, str], tuple[str, list[str]]] = {}
    for record in history.records:
        for key in _TOLD:
            if value := record.source.stated.get(key):
                # each file's own date is but an example
                alike = _QUOTED.sub("", str(value)) if key == "dates" else str(value)
                names = told.setdefault((key, alike), (str(value), []))[1]
                if (name := _name(record)) not in names:
                    names.append(name)
    for (key, _), (value, names) in told.items():
        more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
        files = ", ".join(names[:_MOST_NAMES]) + more
        severity = "warning" if key in _DAMAGE else "note"
        yield Finding(severity, f"reader-{key}", f"{files}: {key.replace('_', ' ')}: {value}.")


def check_series(record: Record) -> list[Finding]:
    """Check one record of cycling or rest.

    Parameters
    ----------
    record : Record
    """
    name = _name(record)
    time, voltage, current = (
        record.array(column) for column in ("test_time_second", "voltage_volt", "current_ampere")
    )
    if len(time) < 3:
        return []
    has_control = record.has("control_current_ampere")
    control = record.array("control_current_ampere") if has_control else None
    look = suspicion(time, voltage, current, control, _LIMITS)
    found = [*_clock(name, _numbers(time))] if look.clock else []
    if control is not None:
        found += _wrong_range(name, control, current)
    if look.signs or look.small:
        imposed = _numbers(current)
        if control is not None:
            control = _numbers(control)
            imposed = np.where(np.isfinite(control), control, imposed)
        found += _signs(name, _numbers(voltage), imposed)
        found += _small(name, _numbers(voltage), imposed)
    if look.missing:
        found += _missing(name, voltage)
    return found


def _times(count: int, noun: str) -> str:
    return f"{count} {noun}{'s' * (count != 1)}"


def _numbers(column: np.ndarray) -> np.ndarray:
    return np.asarray(column, dtype=np.float64)


def _clock(name: str, time: np.ndarray) -> Iterator[Finding]:
    step = np.diff(time)
    known = np.isfinite(step)
    step = step if known.all() else step[known]
    if not len(step):
        return
    returns = step < 0
    back = int(np.count_nonzero(returns))
    if back:
        yield Finding(
            "warning",
            "clock-reset",
            f"{name}: the test time steps back {_times(back, 'time')} (first by "
            f"{-step[np.argmax(returns)]:.6g} s); it was made to run on.",
        )
    forward = int(np.count_nonzero(step > 0))
    still = len(step) - back - forward
    if still > STANDING_SHARE * len(step):
        yield Finding(
            "warning",
            "clock-stands-still",
            f"{name}: the clock stands still: {forward + 1} distinct times in {len(time)} "
            "rows. It was stored too coarsely (as float32, or rounded): what happens between two "
            "of them has no time of its own. Store it as float64.",
        )
    if not forward:
        return
    gaps = step[step > GAP_SECOND]
    if not len(gaps) and 2 * np.count_nonzero(step > SLOW_SECOND) < forward:
        return  # the usual interval is none to speak of
    usual = float(np.median(step[step > 0]))
    gaps = gaps[gaps > GAP_FACTOR * usual]
    if len(gaps):
        yield Finding(
            "note",
            "clock-gap",
            f"{name}: {_times(len(gaps), 'gap')} in the recording, the longest "
            f"{gaps.max() / 3600:.2f} h; what happened meanwhile is not known.",
        )
    if usual > SLOW_SECOND and float(np.ptp(time)) > 3.0e8:
        yield Finding(
            "error",
            "milliseconds",
            f"{name}: samples {usual:.0f} s apart over {np.ptp(time) / 3.156e7:.0f} years: the "
            "time is probably in milliseconds. Map the column with scale = 0.001.",
        )
    elif usual > SPARSE_SECOND:
        yield Finding(
            "note",
            "sparse",
            f"{name}: samples are {usual:.0f} s apart; shorts that last less than that are not "
            "seen. Record every 10 s, or whenever the voltage moves by 1 mV.",
        )


def _wrong_range(name: str, control: np.ndarray, current: np.ndarray) -> Iterator[Finding]:
    load = np.isfinite(control) & np.isfinite(current) & (control != 0)
    count = int(np.count_nonzero(load))
    if count < 10:
        return
    asked, flowing = (control, current) if count == len(load) else (control[load], current[load])
    away, size = np.subtract(flowing, asked, dtype=np.float64), np.abs(asked)
    low, high = float(size.min()), float(size.max())
    if np.einsum("i,i->", away, away) < (0.99 * SCATTERED * low) ** 2 * count:
        return  # it does not scatter by more than it is off, and no median is below the lowest
    scatter = float(np.std(away))
    imposed = low if low == high else float(np.median(_numbers(size)))
    if scatter > SCATTERED * imposed:
        yield Finding(
            "warning",
            "current-range",
            f"{name}: the measured current scatters by {scatter * 1e6:.3g} µA around an imposed "
            f"{imposed * 1e6:.3g} µA: the current range is too wide. The imposed current is used.",
        )


def _signs(name: str, voltage: np.ndarray, current: np.ndarray) -> Iterator[Finding]:
    load = np.abs(current) > LOAD_SHARE * np.nanmax(np.abs(current), initial=0.0)
    load &= np.isfinite(voltage)
    plus, minus = load & (current > 0), load & (current < 0)
    if plus.sum() > 5 and minus.sum() > 5:
        high, low = float(np.median(voltage[plus])), float(np.median(voltage[minus]))
        if high < 0 < low:
            yield Finding(
                "error",
                "sign",
                f"{name}: the voltage is {high:.3g} V under positive and {low:.3g} V under "
                "negative current: voltage or current has the wrong sign.",
            )
        elif low >= 0 and high > 0 and abs(high - low) < 0.3 * high and high < 1.0:
            yield Finding(
                "warning",
                "unipolar",
                f"{name}: the voltage is {high:.3g} V under either direction of the current: the "
                "cycler records its magnitude. It is given the sign of the current.",
            )
        elif 0 <= low < CLIPPED_SHARE * high and high > CLIPPED_VOLT:
            yield Finding(
                "error",
                "clipped",
                f"{name}: under negative current the voltage stays at {low:.2g} V: a 0–5 V range "
                "clips it. Only the positive half-cycles can be judged.",
            )
    rest = ~load & np.isfinite(voltage)
    if rest.sum() > 10 and load.sum() > 10:
        idle = float(np.median(np.abs(voltage[rest])))
        under = float(np.median(np.abs(voltage[load])))
        if idle > 0.5 * under and idle > RELAXED_VOLT:
            yield Finding(
                "warning",
                "rest-voltage",
                f"{name}: at rest the voltage is {idle:.3g} V ({under:.3g} V under load): a "
                "symmetric cell relaxes to zero. Another configuration, or an offset.",
            )


def _small(name: str, voltage: np.ndarray, current: np.ndarray) -> Iterator[Finding]:
    load = np.abs(current) > LOAD_SHARE * np.nanmax(np.abs(current), initial=0.0)
    values = np.abs(voltage[load & np.isfinite(voltage)])
    if len(values) < 10:
        return
    level = float(np.median(values))
    if level < SMALL_VOLT:
        yield Finding(
            "note",
            "small-voltage",
            f"{name}: the voltage under load is {level * 1e3:.3g} mV, less than three times the "
            f"offset of a common cycler ({USUAL_OFFSET_VOLT * 1e3:.1f} mV). Both current "
            "directions are averaged, which cancels a constant offset.",
        )


def _missing(name: str, voltage: np.ndarray) -> Iterator[Finding]:
    lost = len(voltage) - int(np.isfinite(voltage).sum())
    if lost:
        yield Finding(
            "warning",
            "missing-samples",
            f"{name}: {lost} of {len(voltage)} voltages are missing or not numbers.",
        )
