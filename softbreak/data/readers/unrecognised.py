"""What to say of a file that no reader recognises."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path

from softbreak.data.names import MANIFEST_NAMES
from softbreak.data.readers.base import Head, Reader
from softbreak.data.schema import COLUMNS
from softbreak.errors import UnknownFormatError

_HINTS = {
    "test_time_second": (
        *("time", "t", "elapsed time", "test time", "time/s", "zeit", "seconds", "datetime"),
        *("step time", "schrittzeit"),  # is made to run on
    ),
    "voltage_volt": ("voltage", "v", "u", "e", "ewe", "potential", "volts", "spannung", "volt"),
    "current_ampere": ("current", "i", "amps", "strom", "current density", "amp", "i/ma"),
    "frequency_hertz": ("frequency", "freq", "f"),
    "real_impedance_ohm": ("zreal", "re(z)", "z'", "z real", "zre"),
    "imaginary_impedance_ohm": ("zimag", "im(z)", "z''", "z imag", "-im(z)", "zim"),
}
"""Words that people put above a column, by the column that they mean."""
_SCALES = {
    "test_time_second": {"h": "3600", "hr": "3600", "hours": "3600", "min": "60", "ms": "1e-3"},
    "voltage_volt": {"mV": "1e-3", "mv": "1e-3", "µV": "1e-6", "uV": "1e-6"},
    "current_ampere": {
        **{"mA": "1e-3", "µA": "1e-6", "uA": "1e-6", "nA": "1e-9"},
        **{"ma": "1e-3", "ua": "1e-6", "na": "1e-9"},
    },
    "frequency_hertz": {"kHz": "1e3", "MHz": "1e6", "mHz": "1e-3"},
    "real_impedance_ohm": {"kΩ": "1e3", "kOhm": "1e3", "MΩ": "1e6", "mΩ": "1e-3"},
    "imaginary_impedance_ohm": {"kΩ": "1e3", "kOhm": "1e3", "MΩ": "1e6", "mΩ": "1e-3"},
}
"""Units in a header that are not ours, and what turns them into ours; case tells mHz from MHz."""
_MAKERS = "BioLogic, Neware, Arbin, Maccor, Gamry, Battery Data Format"
"""Whom a refusal names; the remedy behind them is what helps."""
_UNIT = re.compile(r"[\[(/<]|_(?=(?:[munpµμ]?[AaVv]|s|h|hr|min|ms)$)")
"""What a unit begins with."""
_BY_PLACE = (
    "It has no headings: say by position which column is which in the [columns] section of "
    "cells.toml, for example test_time_second = 0, voltage_volt = 1, current_ampere = { column = "
    "2, scale = 1e-3 }."
)
_FEWEST = 3
"""Rows of numbers that make a table."""
_DELIMITERS = ("\t", ";", ",", "|")


def unknown_format(head: Head, readers: Sequence[Reader]) -> UnknownFormatError:
    """Return the error for an unrecognised file: what it holds, what is known, what to try."""
    columns = header_columns(head)
    if Path(head.path).name in MANIFEST_NAMES:
        return UnknownFormatError(
            head.path,
            found="a manifest, which says what is known of cells",
            expected="a file of measurements",
            remedy="Give the folder in which it lies, or the files of one cell.",
        )
    if columns:
        found = "a text table with the columns " + ", ".join(repr(name) for name in columns[:12])
        remedy = _column_advice(columns)
    elif head.is_text:
        found = f"text that begins {next((s for s in head.lines if s.strip()), '')[:80]!r}"
        remedy = _BY_PLACE if _bare_table(head) else _suffix_advice(head, readers)
    else:
        found = f"a binary file that begins {head.data[:16].hex(' ')}"
        remedy = _suffix_advice(head, readers)
    formats = len({reader.instrument for reader in readers})
    expected = f"one of {formats} formats of {_MAKERS} and others (docs/formats.md lists them)"
    return UnknownFormatError(head.path, found=found, expected=expected, remedy=remedy)


def header_columns(head: Head) -> list[str]:
    """Return the column names of a delimited text; empty where it is no table.

    The header is the last line of words whose number of fields the line below it shares.
    """
    lines = [line for line in head.lines[:200] if line.strip()]
    for above, below in pairwise(lines):
        for delimiter in _DELIMITERS:
            names, values = above.split(delimiter), below.split(delimiter)
            if len(names) >= 2 and len(names) == len(values) and _numbers(values) > _numbers(names):
                return [name.strip().strip('"') for name in names]
    return []


def _bare_table(head: Head) -> bool:
    """Whether a text begins with rows of as many numbers each."""
    lines = [line for line in head.lines[:50] if line.strip()][: _FEWEST + 1]
    for delimiter in _DELIMITERS:
        rows = [line.split(delimiter) for line in lines]
        widths = {len(row) for row in rows}
        if len(rows) > _FEWEST and widths == {max(widths)} and max(widths) > 1:
            return all(_numbers(row) == len(row) for row in rows)
    return False


def did_you_mean(columns: Sequence[str]) -> dict[str, str]:
    """Return the canonical columns that the names above a table most likely mean.

    Returns
    -------
    dict
        Canonical name to the file's name.
    """
    plain = {_UNIT.split(name)[0].strip().lower() or name.lower(): name for name in columns}
    guess: dict[str, str] = {}
    for canonical in COLUMNS:
        words = [
            canonical,
            *_HINTS.get(canonical, (canonical.rsplit("_", 1)[0].replace("_", " "),)),
        ]
        whole = {name.lower(): name for name in columns}
        for word in words:
            near = difflib.get_close_matches(word, [*whole, *plain], n=1, cutoff=0.85)
            if near:
                guess[canonical] = {**plain, **whole}[near[0]]
                break
    return guess


def _column_advice(columns: Sequence[str]) -> str:
    guess = did_you_mean(columns)
    if not guess:
        return (
            "Say which column is which in the [columns] section of cells.toml, for example "
            f"voltage_volt = {columns[-1]!r}."
        )
    rows = "; ".join(_row(name, column) for name, column in guess.items())
    return (
        f"Did you mean {rows}? Write it so into the [columns] section of cells.toml, "
        'with scale = ... where the unit differs (current_ampere = { column = "I / mA", '
        "scale = 1e-3 })." + _lacking(guess)
    )


def _lacking(guess: Mapping[str, str]) -> str:
    if "voltage_volt" not in guess or "current_ampere" in guess:
        return ""
    return (
        " No column looks like a current, without which there is no verdict: name it too, or "
        "export the table again with it."
    )


def _row(name: str, column: str) -> str:
    """Write a row of [columns], with the scale that the header's own unit asks for."""
    stated = re.search(r"[\[(/<_]\s*([^\])>_]+?)\s*[\])>]?\s*$", column)
    scale = _SCALES.get(name, {}).get(stated[1].replace("μ", "µ")) if stated else None
    if scale is None:
        return f'{name} = "{column}"'
    return f'{name} = {{ column = "{column}", scale = {scale} }}'


def _suffix_advice(head: Head, readers: Sequence[Reader]) -> str:
    by_suffix = {suffix: reader for reader in readers for suffix in reader.suffixes}
    near = difflib.get_close_matches(head.suffix, by_suffix, n=1, cutoff=0.8) if head.suffix else []
    if not near:
        return "Export it from the instrument's software as text or as its native file."
    reader = by_suffix[near[0]]
    if near[0] == head.suffix:
        return (
            f"By its suffix it should be a file of {reader.instrument}, but its content is not: "
            "it may be damaged; copy it again from the instrument's computer."
        )
    return f"Did you mean a {near[0]} file of {reader.instrument}?"


def _numbers(fields: Sequence[str]) -> int:
    return sum(bool(re.fullmatch(r"\s*[-+]?[\d.,]+([eE][-+]?\d+)?\s*", field)) for field in fields)
