"""Which column of a vendor's table is which of ours: declared, then matched against its header."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from softbreak.data.readers.values.units import OFFSETS, TIME_UNITS

SCALE: Final[dict[str, float]] = {
    **TIME_UNITS,
    **dict.fromkeys(("a", "amp", "amps", "ampere", "amperes", "v", "volt", "volts"), 1.0),
    **dict.fromkeys(("ma", "milliamp", "milliamps", "milliampere", "milliamperes"), 1e-3),
    **dict.fromkeys(("mv", "millivolt", "millivolts"), 1e-3),
    **dict.fromkeys(("ua", "microamp", "microamps", "microampere", "microamperes"), 1e-6),
    **dict.fromkeys(("uv", "microvolt", "microvolts"), 1e-6),
    **{"в": 1.0, "мв": 1e-3, "а": 1.0, "ма": 1e-3, "мка": 1e-6, "伏": 1.0, "安": 1.0},
    **{"毫伏": 1e-3, "毫安": 1e-3, "微安": 1e-6},
    **dict.fromkeys(("na", "nanoamp", "nanoamps", "nanoampere", "nanoamperes"), 1e-9),
    **dict.fromkeys(("c", "°c", "℃", "oc", "degc", "deg c", "celsius", "cel"), 1.0),
    **dict.fromkeys(("hz", "ohm", "ohms", "Ω".lower(), "1", ""), 1.0),
    **dict.fromkeys(("mohm", "mΩ".lower()), 1e-3),
    **dict.fromkeys(("kohm", "khz", "kΩ".lower()), 1e3),
}
"""How many of our units one of the vendor's is, by the unit in lower case.

``ma`` is milliampere and ``mohm`` milliohm: no cycler writes megas.
"""

_BLANK: Final = ' \t\r"'
_READ: Final = {
    "test_time_second": "time",
    "voltage_volt": "voltage",
    "current_ampere": "current",
    "unix_time_second": "date",
    "_label": "direction",
    "ambient_temperature_celsius": "temperature",
}
"""What is said of the columns that were read."""
_LONGEST: Final = 200
"""Letters of a heading; more are no heading, and would cost the pattern dear."""
_MOST_KEPT: Final = 10_000
"""Letters and fields of a line of which the names are remembered."""
_UNIT: Final = re.compile(
    rf"^(?=.{{0,{_LONGEST}}}\Z)"
    r"(?P<name>.*?)\s*(?:[\[(](?P<unit>[^\])]*)[\])]|/\s*(?P<slash>[^/\s]+))?\s*$"
)


_SIMPLIFIED: Final = str.maketrans(
    "電壓類數據號環時間總狀態絕對統錄測試溫驟記計標擱置",
    "电压类数据号环时间总状态绝对统录测试温骤记计标搁置",
)
"""Characters of headings as they are written in Taiwan, and as makers' programs write them."""


@dataclass(frozen=True)
class Field:
    """One of our columns as a vendor names it.

    Attributes
    ----------
    target : str
        Canonical column, or a helper name that begins with an underscore (``_label``).
    names : tuple of str
        The vendor's names without their units, in lower case, the preferred one first.
    unit : str
        The unit where the header states none.
    """

    target: str
    names: tuple[str, ...]
    unit: str = ""


@dataclass(frozen=True)
class Match:
    """Where one of our columns stands in a file, and how many of our units its unit is.

    ``offset`` is added in our unit: kelvin and Fahrenheit have another zero. ``stated`` tells
    whether the heading names the unit itself.
    """

    target: str
    index: int
    scale: float
    offset: float = 0.0
    stated: bool = True
    heading: str = ""

    def ours(self, values: np.ndarray) -> np.ndarray:
        """Turn values of the file into our unit."""
        scaled = values * self.scale if self.scale != 1.0 else values
        return scaled + self.offset if self.offset else scaled


@lru_cache(maxsize=1024)
def split_unit(header: str) -> tuple[str, str | None]:
    """Split ``"Current(mA)"``, ``"U[V]"`` or ``"Voltage / V"`` into name and unit, lower case.

    A spelled duration ("Time (h:min:s.ms)") is no unit: it says how the values are written.
    """
    header = unicodedata.normalize("NFKC", header)  # Chinese exports write （ and ）
    plain = " ".join(header.strip().strip('"').split())
    found = _UNIT.match(plain)
    if found is None:
        return plain.lower(), None
    unit = found["unit"] if found["unit"] is not None else found["slash"]
    if unit is not None:
        unit = unit.strip().lower().replace("µ", "u").replace("μ", "u").replace("\ufffd", "°")
        unit = None if ":" in unit else unit.rstrip(".")
    return found["name"].strip().lower(), unit


def match(header: Sequence[str], fields: Sequence[Field]) -> dict[str, Match]:
    """Find a vendor's fields in a header.

    A column whose unit is unknown is passed over: better no column than a wrong scale.

    Parameters
    ----------
    header : sequence of str
        The names above the table.
    fields : sequence of Field

    Returns
    -------
    dict
        Target to match, for the targets that are there.
    """
    named = _looked_up(header).named
    found: dict[str, Match] = {}
    for field in fields:
        for index, unit in (place for name in field.names for place in named.get(name, ())):
            scale, offset = _to_ours(field.target, field.unit.lower() if unit is None else unit)
            if scale is not None:
                told = header[index]
                place = Match(field.target, index, scale, offset, unit is not None, told)
                found.setdefault(field.target, place)
                break
    return found


@dataclass(frozen=True)
class _Names:
    """The names of one line: where each stands, with its unit; and all of them without units."""

    named: Mapping[str, list[tuple[int, str | None]]]
    plain: frozenset[str]


def _looked_up(header: Sequence[str]) -> _Names:
    """Return the names of a line, which many layouts ask for; an endless line is not kept."""
    names = tuple(header)
    endless = len(names) + sum(map(len, names)) > _MOST_KEPT
    return _names_of.__wrapped__(names) if endless else _names_of(names)


@lru_cache(maxsize=256)
def _names_of(header: tuple[str, ...]) -> _Names:
    named: dict[str, list[tuple[int, str | None]]] = {}
    plain = set()
    for index, text in enumerate(header):
        name, unit = split_unit(text)
        spellings = {name, name.translate(_SIMPLIFIED)}
        plain |= spellings
        for spelling in spellings:
            named.setdefault(spelling, []).append((index, unit))
        named.setdefault(text.strip().strip('"').lower(), []).append((index, None))
    return _Names(named, frozenset(plain))


def _to_ours(target: str, unit: str) -> tuple[float | None, float]:
    """Return scale and offset from a unit to ours; no scale where the unit is unknown."""
    if target.endswith("_celsius") and unit in OFFSETS:
        return OFFSETS[unit]
    return SCALE.get(unit), 0.0


def has(header: Sequence[str], *names: str) -> bool:
    """Whether all the names stand in a header, units and case aside."""
    plain = _looked_up(header).plain
    return all(name in plain for name in names)


def columns_read(places: Mapping[str, Match]) -> str:
    """Say which headings were taken for what.

    Parameters
    ----------
    places : mapping of str to Match
    """
    told = [
        f"{word} from {place.heading.strip(_BLANK)!r}"
        for name, word in _READ.items()
        if (place := places.get(name)) is not None and place.heading.strip(_BLANK)
    ]
    return ", ".join(told)
