"""The data dictionary: every column, its unit, its sign and its meaning, said once.

Names and units are those of the Battery Data Format wherever it has one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a record's table.

    Attributes
    ----------
    name : str
        Machine name, which ends in the unit.
    unit : str
    kind : {"float", "double", "integer"}
        ``double`` is always float64 (times); ``float`` is float32 or float64, as the file has it.
    meaning : str
        With its sign convention, where there is a sign.
    """

    name: str
    unit: str
    kind: str
    meaning: str


_COLUMNS: Final = (
    Column("test_time_second", "s", "double", "time since the test began; runs on over files"),
    Column("unix_time_second", "s", "double", "absolute time, seconds since 1970-01-01 UTC"),
    Column("voltage_volt", "V", "float", "terminal voltage, working minus counter electrode"),
    Column(
        "current_ampere", "A", "float", "measured current; positive charges the test object (V > 0)"
    ),
    Column(
        "control_current_ampere",
        "A",
        "float",
        "current that the instrument imposed, sign as current_ampere; NaN where it did not",
    ),
    Column(
        "control_voltage_volt",
        "V",
        "float",
        "voltage that the instrument imposed; NaN where it did not",
    ),
    Column("cycle_count", "1", "integer", "the vendor's cycle number: kept, never trusted"),
    Column("step_count", "1", "integer", "the vendor's step number: kept, never trusted"),
    Column(
        "ambient_temperature_celsius", "°C", "float", "temperature of the cell or of its chamber"
    ),
    Column("frequency_hertz", "Hz", "double", "frequency of the excitation, positive"),
    Column("real_impedance_ohm", "Ω", "double", "real part of the impedance, not area-specific"),
    Column(
        "imaginary_impedance_ohm",
        "Ω",
        "double",
        "imaginary part with its true sign: a capacitor is negative",
    ),
)

COLUMNS: Final[dict[str, Column]] = {column.name: column for column in _COLUMNS}
"""Every column that a record may hold, by name."""

SERIES_COLUMNS: Final = ("test_time_second", "voltage_volt", "current_ampere")
"""What a record of cycling, voltammetry or rest must hold."""

SPECTRUM_COLUMNS: Final = ("frequency_hertz", "real_impedance_ohm", "imaginary_impedance_ohm")
"""What a record of impedance must hold."""
