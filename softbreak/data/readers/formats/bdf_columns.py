"""Column names of the Battery Data Format: machine names, labels, and those of older versions.

A machine name ends in its unit (``voltage_volt``, ``test_time_hour``), a label states it behind a
slash (``Voltage / mV``). Both say how a column is to be read, in whichever unit it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from softbreak.data.readers.tables.column_map import SCALE, Field, split_unit
from softbreak.data.schema import COLUMNS, SERIES_COLUMNS, SPECTRUM_COLUMNS

_SPELLED: Final[Mapping[str, Mapping[str, str]]] = {
    "s": {
        **{"second": "s", "millisecond": "ms", "microsecond": "us", "nanosecond": "ns"},
        **{"minute": "min", "hour": "h", "day": "d"},
    },
    "V": {"volt": "V", "millivolt": "mV", "microvolt": "uV"},
    "A": {"ampere": "A", "milliampere": "mA", "microampere": "uA", "nanoampere": "nA"},
    "degC": {"celsius": "C"},
    "Hz": {"hertz": "Hz", "kilohertz": "kHz"},
    "ohm": {"ohm": "ohm", "milliohm": "mohm", "kiloohm": "kohm"},
    "1": {"dimensionless": "1"},
}
"""By the unit of a quantity: units as machine names spell them, and their symbols."""


class _Quantity(NamedTuple):
    """What a column of ours is called there: labels, the present one first, and its unit."""

    unit: str
    labels: tuple[str, ...]

    @property
    def stems(self) -> list[str]:
        """Return the machine names without their units."""
        return [label.replace(" ", "_") for label in self.labels]


_QUANTITIES: Final[Mapping[str, _Quantity]] = {
    "test_time_second": _Quantity("s", ("test time",)),
    "unix_time_second": _Quantity("s", ("unix time", "date time", "date time iso")),
    "voltage_volt": _Quantity("V", ("voltage",)),
    "current_ampere": _Quantity("A", ("current",)),
    "control_current_ampere": _Quantity("A", ("control current",)),
    "control_voltage_volt": _Quantity("V", ("control voltage",)),
    "cycle_count": _Quantity("1", ("cycle count", "cycle index", "cycle")),
    "step_count": _Quantity("1", ("step count", "step index", "step")),
    "ambient_temperature_celsius": _Quantity(
        "degC", ("ambient temperature", "surface temperature", "temperature t1", "temperature")
    ),
    "frequency_hertz": _Quantity("Hz", ("frequency",)),
    "real_impedance_ohm": _Quantity("ohm", ("real impedance",)),
    "imaginary_impedance_ohm": _Quantity("ohm", ("imaginary impedance",)),
}
_LONGEST_UNIT: Final = 20
_UNITLESS: Final = frozenset({"cycle_count", "step_count", "unix_time_second"})
"""Counts, and dates that are written as such."""


def _fields() -> list[Field]:
    """Return every name with the unit that it states; machine names go before labels."""
    found: list[Field] = []
    for target, quantity in _QUANTITIES.items():
        units = _SPELLED[quantity.unit]
        found += [
            Field(target, (f"{stem}_{word}",), symbol)
            for stem in quantity.stems
            for word, symbol in units.items()
        ]
        bare = quantity.stems if target in _UNITLESS else ()
        found.append(Field(target, (*bare, *quantity.labels)))
    return found


FIELDS: Final = tuple(_fields())
_MACHINE: Final = {name: field.target for field in FIELDS for name in field.names if "_" in name}
_LABEL: Final = {
    label: target for target, quantity in _QUANTITIES.items() for label in quantity.labels
}
_UNITS: Final = {
    target: frozenset(symbol.lower() for symbol in _SPELLED[quantity.unit].values())
    | {word for word, scale in SCALE.items() if word in _SPELLED[quantity.unit]}
    | {quantity.unit.lower()}
    for target, quantity in _QUANTITIES.items()
}


def is_header(names: Sequence[str]) -> bool:
    """Whether names are those of the Battery Data Format's columns."""
    found = {target for name in names if (target := _target(name)) is not None}
    return found >= set(SERIES_COLUMNS) or found >= set(SPECTRUM_COLUMNS)


def is_known(name: str) -> bool:
    """Whether a name is that of a column which we know, in one of its units."""
    return _target(name) is not None


def _target(name: str) -> str | None:
    """Return which column of ours a heading is; None where it is none, or in no unit of it."""
    plain = name.strip().strip('"').strip().lower()
    if plain in COLUMNS or plain in _MACHINE:
        return plain if plain in COLUMNS else _MACHINE[plain]
    label, _, unit = plain.rpartition(" / ")
    target = _LABEL.get(label)
    if target is None or len(unit) > _LONGEST_UNIT:
        return None
    stated = split_unit(f"x / {unit}")[1] or ""
    return target if stated in _UNITS[target] and stated in SCALE else None
