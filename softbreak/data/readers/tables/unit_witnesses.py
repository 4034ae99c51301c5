"""Columns that a record does not need, as witnesses of the units of those that it does.

Charge is the integral of the current, power its product with the voltage, the time within a step
goes on as the test time does. A few rows of them tell by which plain factor a heading is mistaken.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from softbreak.data.plausible import doubtful_current
from softbreak.data.readers.tables.column_map import Match, split_unit
from softbreak.data.readers.values.file_columns import FileColumns
from softbreak.data.readers.values.witnesses import plain_ratio
from softbreak.errors import ReadError

if TYPE_CHECKING:
    from softbreak.data.readers.tables.delimited import Header, Text

TIME_WITNESS: Final = "time_witness"
"""Under this is said which columns agree with the test time in its unit."""
PLACES: Final = 4
ROWS: Final = 48
"""Rows at each of so many places of a table."""
_MOST_BYTES: Final = 1 << 16
_CHARGE: Final = {
    **{"ah": 3600.0, "mah": 3.6, "uah": 3.6e-3, "a.h": 3600.0, "ma.h": 3.6},
    **{"as": 1.0, "mas": 1e-3, "c": 1.0, "mc": 1e-3, "coulomb": 1.0},
}
_POWER: Final = {"w": 1.0, "mw": 1e-3, "uw": 1e-6}
_TIME: Final = {"s": 1.0, "sec": 1.0, "ms": 1e-3, "min": 60.0, "h": 3600.0, "hr": 3600.0}
_NAMES: Final = {
    "_charge": (
        frozenset(
            ("capacity", "cap", "charge", "q", "charge_capacity", "discharge_capacity")
        ).union(
            ("charge capacity", "discharge capacity", "chg. cap.", "dchg. cap.", "step capacity")
        ),
        _CHARGE,
    ),
    "_power": (frozenset(("power", "p")), _POWER),
    "_step_time": (frozenset(("step_time", "step time", "steptime")), _TIME),
}
_SERIES: Final = ("test_time_second", "voltage_volt", "current_ampere")
_MOST_VOLT: Final = 10.0
_SELDOM: Final = 900.0


def witnesses_in(names: tuple[str, ...]) -> dict[str, Match]:
    """Find columns that can bear witness, with the unit that their heading states."""
    found: dict[str, Match] = {}
    for index, text in enumerate(names):
        name, unit = split_unit(text)
        for target, (known, scales) in _NAMES.items():
            if name in known and unit in scales:
                found.setdefault(target, Match(target, index, scales[unit], heading=text))
    return found


def corrected(
    text: Text, header: Header, found: Mapping[str, Match], beside: Mapping[str, Match]
) -> tuple[dict[str, Match], dict[str, str]]:
    """Correct the units of time, voltage and current by what other columns witness.

    Parameters
    ----------
    text : Text
    header : Header
    found, beside : mapping of str to Match
        Where our columns stand, with their units by their headings; and the witnesses.

    Returns
    -------
    found : dict of str to Match
        With other scales where the witnesses ask for them.
    said : dict of str to str
        What to say of it.

    Raises
    ------
    ReadError
        If two columns contradict each other and no third one decides.
    """
    places = {**{name: found[name] for name in _SERIES}, **beside}
    rows = list(_few(text.data, header.body, header.delimiter))
    values = _values(text.path, rows, places, decimal_comma=header.delimiter != ",")
    if values is None:
        return dict(found), {}
    factors, said = _judged(text.path, values, has_wall="unix_time_second" in found)
    out = dict(found)
    for name, factor in factors.items():
        out[name] = replace(found[name], scale=found[name].scale * factor)
    return out, said


def _few(data: bytes, body: int, delimiter: str) -> Iterator[list[str]]:
    """Yield the fields of some rows, from several places of a table."""
    for part in range(PLACES):
        begin = body + (len(data) - body) * part // PLACES
        begin = data.find(b"\n", begin) + 1 if part else body
        end = begin
        for _ in range(ROWS):
            line = data.find(b"\n", end) + 1
            if not line or line > begin + _MOST_BYTES:
                break
            end = line
        lines = data[begin:end].decode("utf-8", errors="replace").splitlines()
        yield from csv.reader(lines, delimiter=delimiter)


def _values(
    path: Path, rows: list[list[str]], places: Mapping[str, Match], *, decimal_comma: bool
) -> dict[str, np.ndarray] | None:
    """Read a few rows; None where they cannot be read by themselves."""
    last = max(place.index for place in places.values())
    rows = [row for row in rows if len(row) > last]
    texts = {name: [row[place.index] for row in rows] for name, place in places.items()}
    try:
        return {name: places[name].ours(np.array(list(map(float, texts[name])))) for name in texts}
    except ValueError:
        pass
    import polars as pl

    columns = {name: pl.Series(column).str.strip_chars() for name, column in texts.items()}
    file = FileColumns(path, columns, decimal_comma=decimal_comma)
    try:
        return {
            name: file.times(name, place.scale)
            if name in ("_step_time", _SERIES[0])
            else place.ours(file.numbers(name))
            for name, place in places.items()
        }
    except ReadError:  # what is ambiguous in a few rows is judged by all of them, and told then
        return None


def _judged(
    path: Path, values: Mapping[str, np.ndarray], *, has_wall: bool
) -> tuple[dict[str, float], dict[str, str]]:
    time, volt, ampere = (values[name] for name in _SERIES)
    advance, middle = np.diff(time), np.abs(0.5 * (ampere[1:] + ampere[:-1]))
    steady = np.abs(np.diff(ampere)) <= 0.01 * np.abs(ampere[1:])
    with np.errstate(invalid="ignore"):  # a clock or current that is not finite
        passed = np.where(steady, middle * advance, np.nan)
    by_charge = _ratio(passed, values.get("_charge"))
    by_power = None
    if "_power" in values:
        by_power = plain_ratio(np.abs(volt * ampere), np.abs(values["_power"]))
    by_step = _ratio(np.where(advance > 0, advance, np.nan), values.get("_step_time"))
    if by_power not in (None, 1.0) and by_power == by_charge:
        factor = float(by_power or 1.0)
        return {_SERIES[2]: factor}, {"units": _told("current", factor, "charge and power")}
    if by_charge is not None and by_step not in (None, 1.0) and by_step == by_charge:
        return {_SERIES[0]: by_charge}, {
            "clocks": _told("test time", by_charge, "charge and the time within steps")
        }
    if by_step not in (None, 1.0) and by_charge is None and not has_wall:
        raise _contradiction(path, "test time and the time within steps", float(by_step or 1.0))
    settled = has_wall or by_step == 1.0
    if by_charge in (1e-3, 1e-6) and not settled and _too_slow(advance):
        return {_SERIES[0]: by_charge}, {"clocks": _told("test time", by_charge, "charge")}
    factors, said = _by_one(path, (volt, ampere), by_charge, by_power, settled=settled)
    agree = (
        "charge" if by_charge == 1.0 else "",
        "the time within steps" if by_step == 1.0 else "",
    )
    if witness := " and ".join(filter(None, agree)):
        said = {**said, TIME_WITNESS: witness}
    return factors, said


def _by_one(
    path: Path,
    load: tuple[np.ndarray, np.ndarray],
    by_charge: float | None,
    by_power: float | None,
    *,
    settled: bool,
) -> tuple[dict[str, float], dict[str, str]]:
    """Weigh a witness that stands alone against what a cell can be."""
    volt, ampere = np.abs(load[0]), np.abs(load[1])
    for factor, witness in ((by_charge, "charge"), (by_power, "power")):
        if factor in (1e-3, 1e-6) and doubtful_current(volt, ampere, None):
            return {_SERIES[2]: float(factor or 1.0)}, {
                "units": _told("current", float(factor or 1.0), witness)
            }
    if by_power == 1e-3 and float(np.nanmedian(volt)) > _MOST_VOLT:
        return {_SERIES[1]: 1e-3}, {"units": _told("voltage", 1e-3, "power")}
    timely = by_charge in (60.0, 3600.0, 86_400.0, 1 / 60.0, 1 / 3600.0, 1 / 86_400.0, 1e-3, 1e-6)
    if timely and by_charge is not None and not settled:
        raise _contradiction(path, "test time and charge", by_charge)
    if by_charge not in (None, 1.0) and by_power is None:
        raise _contradiction(path, "current and charge", float(by_charge or 1.0))
    return {}, {}


def _too_slow(advance: np.ndarray) -> bool:
    """Whether by its heading a test would be sampled far more seldom than anyone samples one."""
    forward = advance[advance > 0]
    return len(forward) > 0 and bool(np.median(forward) >= _SELDOM)


def _ratio(ours: np.ndarray, theirs: np.ndarray | None) -> float | None:
    """Return by which plain factor a column's advance outruns ours; None where nothing tells."""
    return None if theirs is None else plain_ratio(ours, np.abs(np.diff(theirs)))


def _told(column: str, factor: float, witness: str) -> str:
    return (
        f"the {column} disagrees with the {witness} of the same rows by a factor of {factor:.4g} "
        "throughout: its heading states a wrong unit, and it was read as they ask"
    )


def _contradiction(path: Path, columns: str, factor: float) -> ReadError:
    return ReadError(
        path,
        found=f"{columns} that disagree by a factor of {factor:.4g} throughout",
        expected="columns in the units that their headings state",
        remedy="One of the headings states a wrong unit: name the right one, or map the columns "
        "in the [columns] section of cells.toml with a scale.",
    )
