"""What BioLogic's columns are: one table for ``.mpr`` (by number) and ``.mpt`` (by label).

The vendor publishes neither; numbers and types are facts found by the community from files and
their text exports, and are proved here by pairs of ``.mpr`` and ``.mpt`` of the same measurement.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from softbreak.data.record import Technique

MODE_NUMBER: Final = 1
MODE: Final = "mode"
"""What the instrument controlled: see the three constants below."""
CURRENT_CONTROLLED: Final = 1
VOLTAGE_CONTROLLED: Final = 2
OPEN_CIRCUIT: Final = 3
MIXED_CONTROL: Final = "control"
"""Milliampere where the mode is 1, volt where it is 2, meaningless where it is 3."""
CHARGE_STEP: Final = "charge_step_coulomb"
"""Charge passed since the row before."""
CHARGE: Final = "charge_coulomb"
"""Charge passed since the technique began."""
MODULUS: Final = "modulus_ohm"
PHASE: Final = "phase_degree"
CELL_VOLTAGE: Final = "cell_voltage_volt"
"""Between the electrodes, where Ewe may be against a reference."""

_MILLI = 1e-3
_COULOMB_PER_MILLIAMPERE_HOUR = 3.6


@dataclass(frozen=True, slots=True)
class BiologicColumn:
    """One column that EC-Lab and BT-Lab write.

    Attributes
    ----------
    number : int
        Identifier in the data module of a ``.mpr``.
    label : str
        Heading in a ``.mpt``.
    dtype : str
        Binary type in a ``.mpr``.
    meaning : str
        A column of :mod:`softbreak.data.schema` or a constant of this module; empty for a column
        that is skipped.
    scale : float
        Factor to the meaning's unit and sign.
    """

    number: int
    label: str
    dtype: str
    meaning: str = ""
    scale: float = 1.0


# Where a file holds two columns of one meaning, the one that stands first here is taken.
_ROWS: Final = (
    # number, label, dtype, meaning, scale
    (4, "time/s", "<f8", "test_time_second"),
    (6, "Ewe/V", "<f4", "voltage_volt"),
    (436, "Ewe/V", "<f4", "voltage_volt"),  # EC-Lab Express
    (77, "<Ewe>/V", "<f4", "voltage_volt"),
    (174, "<Ewe>/V", "<f4", "voltage_volt"),
    (27, "Ewe-Ece/V", "<f4", CELL_VOLTAGE),
    (8, "I/mA", "<f4", "current_ampere", _MILLI),
    (76, "<I>/mA", "<f4", "current_ampere", _MILLI),
    (11, "<I>/mA", "<f8", "current_ampere", _MILLI),
    (20, "control/mA", "<f4", "control_current_ampere", _MILLI),
    (19, "control/V", "<f4", "control_voltage_volt"),
    (5, "control/V/mA", "<f4", MIXED_CONTROL),
    (7, "dq/mA.h", "<f8", CHARGE_STEP, _COULOMB_PER_MILLIAMPERE_HOUR),
    (13, "(Q-Qo)/mA.h", "<f8", CHARGE, _COULOMB_PER_MILLIAMPERE_HOUR),
    (434, "(Q-Qo)/C", "<f4", CHARGE),
    (24, "cycle number", "<f8", "cycle_count"),
    (131, "Ns", "<u2", "step_count"),
    (462, "Temperature/°C", "<f4", "ambient_temperature_celsius"),
    (32, "freq/Hz", "<f4", "frequency_hertz"),
    (37, "Re(Z)/Ohm", "<f4", "real_impedance_ohm"),
    (38, "-Im(Z)/Ohm", "<f4", "imaginary_impedance_ohm", -1.0),
    (36, "|Z|/Ohm", "<f4", MODULUS),
    (35, "Phase(Z)/deg", "<f4", PHASE),
    # Kept out of the records; their types give the width of a row.
    (9, "Ece/V", "<f4"),
    (16, "Analog IN 1/V", "<f4"),
    (17, "Analog IN 2/V", "<f4"),
    (18, "Analog IN 3/V", "<f4"),
    (23, "dQ/mA.h", "<f8"),
    (26, "Rapp/Ohm", "<f4"),
    (33, "|Ewe|/V", "<f4"),
    (34, "|I|/A", "<f4"),
    (39, "I Range", "<u2"),
    (69, "R/Ohm", "<f4"),
    (70, "P/W", "<f4"),
    (74, "|Energy|/W.h", "<f8"),
    (75, "Analog OUT/V", "<f4"),
    (78, "Cs-2/µF-2", "<f4"),
    (96, "|Ece|/V", "<f4"),
    (97, "|Ece|/V", "<f4"),  # EC-Lab Express
    (98, "Phase(Zce)/deg", "<f4"),
    (99, "|Zce|/Ohm", "<f4"),
    (100, "Re(Zce)/Ohm", "<f4"),
    (101, "-Im(Zce)/Ohm", "<f4"),
    (123, "Energy charge/W.h", "<f8"),
    (124, "Energy discharge/W.h", "<f8"),
    (125, "Capacitance charge/µF", "<f8"),
    (126, "Capacitance discharge/µF", "<f8"),
    (163, "|Estack|/V", "<f4"),
    (168, "Rcmp/Ohm", "<f4"),
    (169, "Cs/µF", "<f4"),
    (172, "Cp/µF", "<f4"),
    (173, "Cp-2/µF-2", "<f4"),
    (241, "|E1|/V", "<f4"),
    (242, "|E2|/V", "<f4"),
    (271, "Phase(Z1)/deg", "<f4"),
    (272, "Phase(Z2)/deg", "<f4"),
    (295, "I Range", "<u2"),
    (301, "|Z1|/Ohm", "<f4"),
    (302, "|Z2|/Ohm", "<f4"),
    (326, "P/W", "<f4"),
    (331, "Re(Z1)/Ohm", "<f4"),
    (332, "Re(Z2)/Ohm", "<f4"),
    (361, "-Im(Z1)/Ohm", "<f4"),
    (362, "-Im(Z2)/Ohm", "<f4"),
    (379, "Energy charge/W.h", "<f8"),
    (391, "<E1>/V", "<f4"),
    (392, "<E2>/V", "<f4"),
    (422, "Phase(Zstack)/deg", "<f4"),
    (423, "|Zstack|/Ohm", "<f4"),
    (424, "Re(Zstack)/Ohm", "<f4"),
    (425, "-Im(Zstack)/Ohm", "<f4"),
    (426, "<Estack>/V", "<f4"),
    (430, "Phase(Zwe-ce)/deg", "<f4"),
    (431, "|Zwe-ce|/Ohm", "<f4"),
    (432, "Re(Zwe-ce)/Ohm", "<f4"),
    (433, "-Im(Zwe-ce)/Ohm", "<f4"),
    (435, "dQ/C", "<f4"),
    (438, "step time/s", "<f8"),
    (441, "<Ece>/V", "<f4"),
    (467, "Q charge/discharge/mA.h", "<f8"),
    (468, "half cycle", "<u4"),
    (469, "z cycle", "<u4"),
    (471, "<Ece>/V", "<f4"),
    (473, "THD Ewe/%", "<f4"),
    (474, "THD I/%", "<f4"),
    (475, "THD Ece/%", "<f4"),
    (476, "NSD Ewe/%", "<f4"),
    (477, "NSD I/%", "<f4"),
    (478, "NSD Ece/%", "<f4"),
    (479, "NSR Ewe/%", "<f4"),
    (480, "NSR I/%", "<f4"),
    (481, "NSR Ece/%", "<f4"),
    *((486 + h, f"|Ewe h{h + 2}|/V", "<f4") for h in range(6)),
    *((492 + h, f"|I h{h + 2}|/A", "<f4") for h in range(6)),
    *((498 + h, f"|Ece h{h + 2}|/V", "<f4") for h in range(6)),
    (504, "Rac/Ohm", "<f4"),
    (505, "Rdc/Ohm", "<f4"),
    (509, "Acir/Dcir Control", "<u1"),
    (880, "Energy we/W.h", "<f8"),
    *((number, f"column {number}", "<f8") for number in (883, 884)),  # headings are not known
)

COLUMNS: Final = tuple(BiologicColumn(*row) for row in _ROWS)  # type: ignore[arg-type]
"""Every column that is known, in order of preference."""

BY_NUMBER: Final = {column.number: column for column in COLUMNS}
RANKS: Final = {MODE_NUMBER: -1} | {c.number: rank for rank, c in enumerate(COLUMNS)}
BY_LABEL: Final = {column.label: column for column in reversed(COLUMNS)}

FLAG_BITS: Final = {1: 0x03, 2: 0x04, 3: 0x08, 21: 0x10, 31: 0x20, 65: 0x80}
"""Columns that share one byte, which stands where the first of them is listed: mode, ox/red,
error, control changes, Ns changes, counter inc. (0x40 marks the last row of a technique)."""
_LABEL_ALIASES = {
    "Ecell/V": "Ewe/V",
    "<Ecell>/V": "<Ewe>/V",
    "Re(Zwe)/Ohm": "Re(Z)/Ohm",
    "-Im(Zwe)/Ohm": "-Im(Z)/Ohm",
    "|Zwe|/Ohm": "|Z|/Ohm",
    "Phase(Zwe)/deg": "Phase(Z)/deg",
}
_AVERAGE = re.compile(r"<([^<>/]+)/([^<>/]+)>")
"""EC-Lab 11.5 and later write ``<Ewe/V>`` for ``<Ewe>/V``."""
_UNITS = (
    {"V": 1.0, "mV": 1e-3, "µV": 1e-6},
    {"mA": 1.0, "A": 1e3, "µA": 1e-3, "nA": 1e-6, "pA": 1e-9},
    {"s": 1.0, "ms": 1e-3, "min": 60.0, "h": 3600.0},
    {"Hz": 1.0, "mHz": 1e-3, "kHz": 1e3, "MHz": 1e6},
    {"Ohm": 1.0, "mOhm": 1e-3, "kOhm": 1e3, "MOhm": 1e6},
    {"mA.h": 1.0, "A.h": 1e3, "µA.h": 1e-3},
)
"""Units that an export may be given instead of the first of each row, in which EC-Lab stores."""
_TEMPERATURE = re.compile(r"Temperature/.{0,3}C")


def by_label(label: str) -> BiologicColumn | None:
    """Return what a heading of a ``.mpt`` means; None for one that is not in the table."""
    if label == MODE:
        return BiologicColumn(MODE_NUMBER, MODE, "u1", MODE)
    if _TEMPERATURE.fullmatch(label):  # the degree sign is often lost between encodings
        label = "Temperature/°C"
    label = _AVERAGE.sub(r"<\1>/\2", label)
    known = BY_LABEL.get(_LABEL_ALIASES.get(label, label))
    if known is not None:
        return known
    if label.startswith("Im(Z"):  # written with its own sign, where "-Im(Z)" is turned
        turned = by_label(f"-{label}")
        return replace(turned, scale=-turned.scale) if turned else None
    return _in_another_unit(label)


def _in_another_unit(label: str) -> BiologicColumn | None:
    name, _, unit = label.rpartition("/")
    unit = unit.replace("μ", "µ").replace("\ufffd", "µ")
    unit = f"µ{unit[1:]}" if unit.startswith("u") else unit
    for units in _UNITS:
        if name and unit in units:
            stored = f"{name}/{next(iter(units))}"
            column = BY_LABEL.get(_LABEL_ALIASES.get(stored, stored))
            return replace(column, scale=column.scale * units[unit]) if column else None
    return None


def by_number(number: int) -> BiologicColumn | None:
    """Return what a column number of a ``.mpr`` means; None for one that is not in the table.

    Some versions of EC-Lab keep the lower byte only: 206 then stands for 462.
    """
    return BY_NUMBER.get(number) or BY_NUMBER.get(number + 256 if number < 256 else -1)


def needed(meanings: Iterable[str]) -> set[str]:
    """Return the meanings that records are made of: a stand-in only where it stands in."""
    found = set(meanings)
    if {"real_impedance_ohm", "imaginary_impedance_ohm"} <= found:
        found -= {MODULUS, PHASE}
    if "current_ampere" in found:
        found -= {CHARGE_STEP, CHARGE}
    if CHARGE_STEP in found:
        found -= {CHARGE}
    return found


@dataclass(frozen=True, slots=True)
class Method:
    """A technique of EC-Lab or BT-Lab.

    Attributes
    ----------
    name : str
        Short name ("GCPL").
    technique : Technique
        What its rows without a frequency are.
    """

    name: str
    technique: Technique = Technique.CYCLING


_GCPL = Method("GCPL")
_CV = Method("CV", Technique.VOLTAMMETRY)
_BCD = Method("Battery Capacity Determination")
_OCV = Method("OCV", Technique.REST)

METHODS_BY_BYTE: Final = {
    0x04: _GCPL,
    0x06: _CV,
    0x0B: _OCV,
    0x16: Method("MP"),
    0x18: Method("CA"),
    0x19: Method("CP"),
    0x1C: Method("WAIT", Technique.REST),
    0x1D: Method("PEIS"),
    0x1E: Method("GEIS"),
    0x30: _CV,
    0x32: Method("ZIR"),
    0x33: Method("CVA", Technique.VOLTAMMETRY),
    0x6C: Method("LSV", Technique.VOLTAMMETRY),
    0x75: Method("CoV"),
    0x76: Method("CoC"),
    0x77: _GCPL,
    0x7F: Method("MB"),
    0x88: _BCD,
}
"""The first byte of a ``.mpr``'s settings."""

METHODS_BY_TITLE: Final = {
    "Galvanostatic Cycling with Potential Limitation": _GCPL,
    "Cyclic Voltammetry": _CV,
    "Open Circuit Voltage": _OCV,
    "Modular Potentio": Method("MP"),
    "Chronoamperometry / Chronocoulometry": Method("CA"),
    "Chronopotentiometry": Method("CP"),
    "Wait": Method("WAIT", Technique.REST),
    "Potentio Electrochemical Impedance Spectroscopy": Method("PEIS"),
    "Galvano Electrochemical Impedance Spectroscopy": Method("GEIS"),
    "IR compensation (PEIS)": Method("ZIR"),
    "Cyclic Voltammetry Advanced": Method("CVA", Technique.VOLTAMMETRY),
    "Linear Sweep Voltammetry": Method("LSV", Technique.VOLTAMMETRY),
    "Constant Voltage": Method("CoV"),
    "Constant Current": Method("CoC"),
    "Modulo Bat": Method("MB"),
    "Battery Capacity Determination": _BCD,
}
"""The third line of a ``.mpt``."""


def measures_impedance(method: Method) -> bool:
    """Whether a technique does nothing but measure impedance."""
    return method.name in ("PEIS", "GEIS", "ZIR") or "impedance" in method.name.lower()


def method_of(title: str) -> Method:
    """Return the technique that a ``.mpt``'s title names; its own words where it is not known."""
    known = METHODS_BY_TITLE.get(title)
    if known is not None:
        return known
    sweep = "voltammetry" in title.lower()
    return Method(title, Technique.VOLTAMMETRY if sweep else Technique.CYCLING)
