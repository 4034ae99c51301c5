"""Small text tables, damaged somewhere, beside an oracle that knows what each line says."""

from __future__ import annotations

import math
import random
import tempfile
from pathlib import Path

import numpy as np

from softbreak.data.readers.registry import read

ROWS = 60
STYLES = {
    "bdf": ("Test Time / s,Voltage / V,Current / A", ",", 1.0),
    "brackets": ("Time(s),Voltage(V),Current(mA)", ",", 1e3),
    "semicolons": ("Time [s];Voltage [V];Current [mA]", ";", 1e3),
    "tabs": ("time/s\tEwe/V\tI/mA", "\t", 1e3),
}
"""Headings, delimiter, and what one ampere is written as."""
_WORDS = ("", "NaN", "error", "-", "1,5", "---", "#REF!", "12:30", "1e400", "0x1f")


def whole(choose: random.Random) -> tuple[list[str], str, float]:
    """Return the lines of a sound table, its delimiter and the unit of its current."""
    head, delimiter, unit = STYLES[choose.choice(sorted(STYLES))]
    level = choose.uniform(0.01, 0.2)
    lines = [head]
    for k in range(ROWS):
        sign = 1 if (k // 15) % 2 == 0 else -1
        volts = sign * (level + 1e-4 * (k % 15)) + choose.uniform(-1e-5, 1e-5)
        lines.append(f"{60 * k}.5{delimiter}{volts:.6f}{delimiter}{sign * 1e-3 * unit:.6f}")
    return lines, delimiter, unit


def damaged(choose: random.Random, lines: list[str], delimiter: str) -> str:
    """Return the table with up to three damages."""
    text = "\n".join(lines) + "\n"
    for _ in range(choose.randint(0, 3)):
        rows = text.split("\n")
        k = choose.randrange(len(rows))
        fields = rows[k].split(delimiter)
        above = min(len(lines[0]), len(text))  # "I/mA" that lost a letter says something else
        place = choose.randrange(above, len(text)) if len(text) > above else above
        match choose.randrange(9):
            case 0:
                text = text[:place] + text[place + 1 :]
            case 1:
                text = text[:place] + choose.choice('0123456789.,;-eE "\t#x') + text[place:]
            case 2:
                text = text[:place]
            case 3:
                text = "\n".join([*rows[:k], *rows[k + 1 :]])
            case 4:
                text = "\n".join([*rows[: k + 1], *rows[k:]])
            case 5:
                if fields[0][:1].isdigit():  # headings that change places are believed
                    choose.shuffle(fields)
                text = "\n".join([*rows[:k], delimiter.join(fields), *rows[k + 1 :]])
            case 6:
                fields[choose.randrange(len(fields))] = choose.choice(_WORDS)
                text = "\n".join([*rows[:k], delimiter.join(fields), *rows[k + 1 :]])
            case 7:
                text = "\n".join([*rows[:k], "", lines[0], *rows[k:]])
            case _:
                other = choose.randrange(len(rows))
                rows[k], rows[other] = rows[other], rows[k]
                text = "\n".join(rows)
    return text


def said(text: str, delimiter: str, unit: float) -> set[tuple[float, float, float]]:
    """Return every (s, V, A) that a line of the text says."""
    found = set()
    for line in text.split("\n"):
        fields = [field.strip().strip('"') for field in line.split(delimiter)]
        try:
            time, volts, current = (float(field.replace(",", ".")) for field in fields[:3])
        except ValueError:
            continue
        found.add(_rounded(time, volts, current / unit))
    return found


def _rounded(time: float, volts: float, amps: float) -> tuple[float, float, float]:
    return (round(time, 3), round(volts, 7), round(amps, 11))


def read_damaged(choose: random.Random) -> None:
    """Read one table; what is read stands in a line of it, or it is refused.

    Raises
    ------
    SoftbreakError
        If it is refused.
    AssertionError
        If a sample was read that the file nowhere says.
    """
    lines, delimiter, unit = whole(choose)
    text = damaged(choose, lines, delimiter)
    known = said(text, delimiter, unit) | said("\n".join(lines), delimiter, unit)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "cell.csv"
        path.write_text(text, encoding="utf-8", newline="")
        records = read(path)
    for record in records:
        columns = [
            np.asarray(record.array(name), dtype=np.float64)
            for name in ("test_time_second", "voltage_volt", "current_ampere")
        ]
        for row in zip(*(column.tolist() for column in columns), strict=True):
            if all(map(math.isfinite, row)):
                assert _rounded(*row) in known, f"{row} stands nowhere in the file"
