"""Which column of a table of impedance is which: names in several languages, units, the sign.

The *name* of a column says its sign: ``-Z''``, ``-Im(Z)``, ``neg. Phase`` are turned, ``Z''`` and
``Zimg`` are taken as they stand. Whether the name is true, the whole spectrum tells: see
:mod:`softbreak.data.readers.soundness`.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Final

from softbreak.data.readers.impedance.spectrum_temperature import (
    MOST_NAME,
    Temperature,
    temperature_in,
)
from softbreak.data.readers.tables.number_columns import could_be_number, not_measured

SPECTRUM: Final = ("frequency", "real", "imaginary")
POLAR: Final = ("frequency", "modulus", "phase")
SERIES: Final = ("time", "voltage", "current")
HEADER_LINES: Final = 200
DELIMITERS: Final = ("\t", ";", ",", "|", None)
MOST_LINE: Final = 20_000
"""A longer line is no header, and no row of a spectrum."""


_UNIT: Final = (
    r"(?P<unit>[\[({/<].*"
    r"|[_,:]?[kmgnuµμкм]?(?:ohms?|[ΩΩ]|hz|hertz|siemens|mho|ом|гц)(?:\W.*)?"
    r"|[_,:](?:deg|rad|°|s\b|sec|m?v\b|[mµμu]?a\b).*)?"
)
_NAMES: Final = {
    "frequency": (
        r"freq\.?|frequency|f|fr|hz|frequenz|fr[ée]quence|frecuencia|frequenza|frequ[êe]ncia"
        r"|frequentie|frekvens|taajuus|częstotliwość|frekvence|частота|频率|頻率|周波数|주파수"
    ),
    "angular": r"angular_?freq(?:uency)?|omega|ω|kreisfrequenz|pulsation|角频率|角周波数",
    "real": (
        r"re|real|zre|z_?real|z'|zs'|z_re|re_?z|real_?z|z\(re(?:al)?\)|re\W?z\W?|real\W?z\W?|zr"
        r"|real_?part(?:_?of_?(?:z|impedance))?|real_?impedance|impedance_?real"
        r"|(?:z_?)?realteil(?:_?(?:von_?)?z|_?der_?impedanz)?|partie_?r[ée]elle|parte_?reale?|(?:z_?)?(?:reell|r[ée]el(?:le)?|reale)|实部|實部|実部|実数部|실수부|실수|действительная\w*"
    ),
    "imaginary": (
        r"im|imag|imaginary|zim|zimg|z_?imag|z''|zs''|z_im|im_?z|imag_?z|z\(im(?:ag)?\)"
        r"|im\W?z\W?|imag\W?z\W?|zi|imag(?:inary)?_?part(?:_?of_?(?:z|impedance))?|imag_?impedance"
        r"|imaginary_?impedance|impedance_?imag(?:inary)?|imagin(?:ä|ae)rteil(?:_?(?:von_?)?z|_?der_?impedanz)?"
        r"|partie_?imaginaire|parte_?imm?aginaria"
        r"|(?:z_?)?(?:imm?aginari[ao]|imaginaire|imagin(?:ä|ae)r(?:teil)?)"
        r"|虚部|虛部|虚数部|허수부|허수|мнимая\w*"
    ),
    "resistance": r"r|rs|resistance",
    "reactance": r"x|xs|reactance",
    "phase": (
        r"phase|phz|zphz|z_?phase|z\(phase\)|theta|θ|phi|φ|ϕ|arg\W?z\W?|phase_?(?:angle|shift)"
        r"|phasenwinkel|phasenverschiebung|d[ée]phasage|fase|фаза|相位|相位角|相角|位相"
    ),
    "modulus": (
        r"\|z\||z|zmod|z_?mod|z_?abs|abs\W?z\W?|mod\W?z\W?|z_?magnitude|magnitude|modulus|z\(mod\)"
        r"|impedance(?:_?(?:modulus|magnitude))?|impedanz|imp[ée]dance|impedancia|impedenza"
        r"|impedância|betrag|импеданс|模|阻抗|阻抗模|インピーダンス"
    ),
    "conductance": (
        r"y'|ys'|yre|y_?real|y_re|re\W?y\W?|real\W?y\W?|re_?y|y\(re(?:al)?\)|g|gs|gp|conductance"
        r"|real_?admittance|admittance_?real|leitwert|wirkleitwert|konduktanz|电导"
    ),
    "susceptance": (
        r"y''|ys''|yim|yimg|y_?imag|y_im|im\W?y\W?|imag\W?y\W?|im_?y|y\(im(?:ag)?\)|b|bs|bp"
        r"|susceptance|imag(?:inary)?_?admittance|admittance_?imag(?:inary)?|blindleitwert"
        r"|suszeptanz|电纳"
    ),
    "admittance": (
        r"\|y\||ymod|y_?mod|y_?abs|abs\W?y\W?|admittance(?:_?(?:modulus|magnitude))?|导纳"
    ),
    "admittance phase": r"phase\W?y\W?|y_?phase|yphz|arg\W?y\W?|phase_?of_?(?:y|admittance)",
    "time": r"elapsed_?time|time|zeit|temps|tiempo|tempo|时间|時間",
    "voltage": r"potential|voltage|e|ewe|u|spannung|edc|vdc",
    "current": r"current|i|strom|idc",
}
_OF_ADMITTANCE: Final = {
    **{"real": "conductance", "imaginary": "susceptance", "modulus": "admittance"},
    "phase": "admittance phase",
}
_PATTERNS: Final = {
    quantity: re.compile(rf"(?:{names}){_UNIT}", re.IGNORECASE)
    for quantity, names in _NAMES.items()
}
_MINUS: Final = re.compile(r"(?:[-−–‒]|neg(?:ative|\.)?_?|minus_?|moins_?|menos_?)(?=\W*\w)", re.I)
_PRIMES: Final = str.maketrans({"’": "'", "′": "'", "´": "'", "`": "'", "″": "''", "”": "''"})
_PREFIXES: Final = {
    "": 1.0,
    "k": 1e3,
    "M": 1e6,
    "m": 1e-3,
    "n": 1e-9,
    "µ": 1e-6,
    "μ": 1e-6,
    "u": 1e-6,
    "G": 1e9,
    **{"к": 1e3, "м": 1e-3, "М": 1e6, "К": 1e3},
}
_SCALED: Final = re.compile(
    r"([kKMmGnuµμкКмМ]?)(?:(?i:ohm|hz|hertz|siemens|mho|ом|гц)|[ΩΩ]|(?i:sec|s\b|v\b|a\b|h\b|min\b))"
)
_MINUTE, _HOUR = re.compile(r"\bmin", re.I), re.compile(r"\bh(?:ours?|r)?\b", re.I)
_UNIT_ROW: Final = re.compile(
    r"\W*+(?:[-−]?[kKMmGnuµμ]?(?:(?i:ohms?|hz|hertz)|[ΩΩ])(?:\W*cm\^?[2²]?)?"
    r"|s|sec|[mµμun]?[AVS]|[mµμun]?(?i:siemens|mho)|°|(?i:deg\w*|rad))?\W*"
)


@dataclass(frozen=True)
class Column:
    """One column: its place, what turns it into Hz, Ω, s, V, A (with sign), and how it is called.

    ``degrees`` is for phases only: None where the name does not state the unit.
    """

    place: int
    factor: float
    label: str
    degrees: bool | None = None


@dataclass(frozen=True)
class Header:
    """The names above a table of impedance.

    Attributes
    ----------
    row : int
        0-based line.
    first : int
        0-based line where its rows begin.
    delimiter : str or None
        None for blanks.
    columns : dict of str to Column
    area_specific : bool
        The impedance is stated per area.
    admittance : bool
        The parts are those of 1/Z.
    announced : int or None
        The count of points that stands alone in a line below the names.
    again : dict of str to int
        Places of a second real and imaginary part, where there are both.
    temperature : Temperature or None
        Of the cell, a number a row.
    """

    row: int
    first: int
    delimiter: str | None
    columns: dict[str, Column]
    area_specific: bool
    announced: int | None = None
    admittance: bool = False
    again: Mapping[str, int] = field(default_factory=dict)
    temperature: Temperature | None = None

    @property
    def wanted(self) -> tuple[str, ...]:
        """The quantities that are read."""
        parts = SPECTRUM if all(name in self.columns for name in SPECTRUM) else POLAR
        series = SERIES if all(name in self.columns for name in SERIES) else ()
        return (*parts, *series)

    def fits(self, fields: Sequence[str]) -> bool:
        """Whether fields have numbers, or say that there are none, where this header wants them."""
        return len(fields) > max(self._places) and all(
            could_be_number(fields[place]) for place in self._places
        )

    def is_row(self, fields: Sequence[str]) -> bool:
        """Whether fields have at least one number and nothing else where this header wants them."""
        return self.fits(fields) and not all(not_measured(fields[at]) for at in self._places)

    @property
    def _places(self) -> list[int]:
        return [self.columns[name].place for name in self.wanted]


def fields_of(line: str, delimiter: str | None) -> list[str]:
    """Split a line; a delimiter between quotes is part of its field."""
    if delimiter is None or line.count('"') < 2:
        return line.split(delimiter)
    return next(csv.reader([line], delimiter=delimiter), [])


def find_header(lines: Sequence[str], start: int = 0, within: int = HEADER_LINES) -> Header | None:
    """Find the next line that names frequency and impedance; None where there is none."""
    for row in range(start, min(start + within, len(lines))):
        header = header_at(lines, row)
        if header is not None:
            return header
    return None


def header_at(lines: Sequence[str], row: int) -> Header | None:
    """Return the header that one line is; None where it is none."""
    line = lines[row]
    if len(line) > MOST_LINE or sum(map(str.isalpha, line)) < 2:
        return None
    for delimiter in DELIMITERS:
        if delimiter is not None and delimiter not in line:
            continue
        if delimiter == "|" and "|" not in "".join(lines[row + 1 : row + 3]):
            continue  # that of |Z|
        plain = line.split(delimiter)
        quoted = fields_of(line, delimiter)
        for names in (plain,) if quoted == plain else (quoted, plain):
            told = _without_mark(names, lines, row, delimiter)
            columns = _columns(told)
            if columns is not None:
                header = _with_rows_below(lines, row, delimiter, columns)
                return replace(
                    header, again=_again(told, columns), temperature=temperature_in(told)
                )
    return None


def _without_mark(
    names: Sequence[str], lines: Sequence[str], row: int, delimiter: str | None
) -> Sequence[str]:
    """Leave out a mark of comment in front of names, which has no column below it."""
    if not names or names[0].strip() not in ("#", "%", "//", "*"):
        return names
    below = next((line for line in lines[row + 1 : row + 5] if line.strip()), "")
    return names[1:] if len(fields_of(below, delimiter)) < len(names) else names


def _again(names: Sequence[str], found: Mapping[str, tuple[Column, str]]) -> dict[str, int]:
    """Return where a second real and imaginary part stand; empty without both."""
    places: dict[str, int] = {}
    for place, name in enumerate(names):
        told = _quantity(re.sub(r"\.\d{1,2}$", "", name.strip()))  # as pandas tells names apart
        known = told is not None and told[0] in SPECTRUM[1:] and told[0] in found
        if told is not None and known and place > found[told[0]][0].place:
            places.setdefault(told[0], place)
    return places if len(places) == 2 else {}


def _columns(names: Sequence[str]) -> dict[str, tuple[Column, str]] | None:
    """Return the columns and their units; None where they make no spectrum."""
    if len(names) < len(SPECTRUM):
        return None
    found: dict[str, tuple[Column, str]] = {}
    for place, name in enumerate(names):
        told = _quantity(name)
        if told is None or told[0] in found:
            continue
        quantity, sign, unit = told
        factor = sign * _scale(unit) * (1.0 / (2.0 * math.pi) if quantity == "angular" else 1.0)
        factor *= 1e-3 if quantity == "phase" and "mrad" in unit.lower() else 1.0
        label = name.strip().strip('"').strip() or str(place + 1)
        degrees = _degrees(unit) if quantity == "phase" else None
        column = Column(place, factor, label[:60], degrees)
        found["frequency" if quantity == "angular" else quantity] = (column, unit)
    if {"resistance", "reactance"} <= found.keys() and not {"real", "imaginary"} & found.keys():
        found["real"], found["imaginary"] = found["resistance"], found["reactance"]
    if not any(name in found for name in ("real", "imaginary", "modulus")):
        for ours, theirs in _OF_ADMITTANCE.items():
            if theirs in found:
                found[ours] = found[theirs]
    whole = any(all(name in found for name in names) for names in (SPECTRUM, POLAR))
    return found if whole else None


_FOREIGN: Final = {
    **dict.fromkeys(
        ("real", "imaginary", "modulus"), re.compile(r"(?i)\W*(?:y|db|%)(?:\W.*)?|.*siemens.*")
    ),
    "frequency": re.compile(r"(?i).*(?:rad|rpm).*"),
}
"""Units with which a column is none of the quantity that its name alone would say."""


def _quantity(name: str) -> tuple[str, float, str] | None:
    """Return what a column holds, its sign and its unit; None for other columns."""
    bare = re.sub(r"\s+", "", name.strip().lstrip("#%").removeprefix('"')).translate(_PRIMES)
    return None if not bare or len(bare) > MOST_NAME else _told_by(bare)


@lru_cache(maxsize=4096)
def _told_by(bare: str) -> tuple[str, float, str] | None:
    """Return what a name without blanks tells; the words of a text come again and again."""
    bare = bare.removesuffix('"') if bare.count('"') % 2 and not bare.endswith('z"') else bare
    bare = bare.replace('"', "''")
    minus = _MINUS.match(bare)
    turned_name = re.sub(r"^\((.*)\)$", r"\1", bare[minus.end() :]) if minus else ""
    for sign, text in ((-1.0, turned_name), (1.0, bare)):
        for quantity, pattern in _PATTERNS.items() if text else ():
            match = pattern.fullmatch(text)
            unit = match["unit"] or "" if match else ""
            if match and not (quantity in _FOREIGN and _FOREIGN[quantity].fullmatch(unit)):
                turned = re.match(r"[\[(/]\s*[-−–]", unit) is not None
                return quantity, -sign if turned else sign, unit
    return None


def _scale(unit: str) -> float:
    """Return how many Hz, Ω, s, V or A a unit is."""
    if _MINUTE.search(unit):
        return 60.0
    if _HOUR.search(unit):
        return 3600.0
    match = _SCALED.search(unit)
    return _PREFIXES["k" if match[1] == "K" else match[1]] if match else 1.0


def _degrees(unit: str) -> bool | None:
    lowered = unit.lower()
    if any(word in lowered for word in ("deg", "°", "º", "grad")):
        return True
    return False if "rad" in lowered else None


def _with_rows_below(
    lines: Sequence[str],
    row: int,
    delimiter: str | None,
    found: dict[str, tuple[Column, str]],
) -> Header:
    """Take what may stand between names and rows: a row of units, a lone count of points."""
    columns = {name: column for name, (column, _) in found.items()}
    specific = any("cm" in found[n][1].lower() for n in (*SPECTRUM, *POLAR) if n in found)
    first, announced = row + 1, None
    while first < len(lines) and first <= row + 4:
        line = lines[first]
        fields = fields_of(line, delimiter) if len(line) <= MOST_LINE else []
        if not line.strip(" \t\r,;"):
            first += 1
        elif re.fullmatch(r"\s*\d{1,7}\s*", line):
            announced, first = int(line), first + 1
        elif _is_units(fields, found):
            columns, told = _in_units(fields, found)
            specific, first = specific or told, first + 1
        else:
            break
    parts = [columns.get(name) for name in ("conductance", "susceptance", "admittance")]
    turned = any(at in (columns.get("real"), columns.get("modulus")) for at in parts if at)
    return Header(row, first, delimiter, columns, specific, announced, turned)


def _is_units(fields: Sequence[str], found: dict[str, tuple[Column, str]]) -> bool:
    """Whether fields below the names are their units."""
    if len(fields) <= max(column.place for column, _ in found.values()):
        return False
    stated = [fields[column.place] for column, _ in found.values()]
    words = any(any(map(str.isalpha, text)) for text in stated)
    short = all(len(text) <= MOST_NAME for text in stated)
    return words and short and all(_UNIT_ROW.fullmatch(text) for text in stated)


def _in_units(
    fields: Sequence[str], found: dict[str, tuple[Column, str]]
) -> tuple[dict[str, Column], bool]:
    columns, specific = {}, False
    for name, (column, unit) in found.items():
        below = f"({fields[column.place].strip()})"
        scale = column.factor if unit else column.factor * _scale(below)
        degrees = _degrees(below) if name == "phase" and not unit else column.degrees
        columns[name] = Column(column.place, scale, column.label, degrees)
        specific |= name in (*SPECTRUM, *POLAR) and "cm" in below.lower()
    return columns, specific
