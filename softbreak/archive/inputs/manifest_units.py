"""Units that a manifest may name in place of its own, in a column's name or beside a number."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

_LENGTH: Final = {
    "um": 1.0, "micron": 1.0, "microns": 1.0, "nm": 1e-3, "mm": 1e3, "cm": 1e4, "m": 1e6,
}  # fmt: skip
_UNITS: Final[dict[str, tuple[str, dict[str, float]]]] = {
    "area_cm2": ("area", {"cm2": 1.0, "mm2": 1e-2, "m2": 1e4, "um2": 1e-8}),
    "electrolyte_thickness_um": ("electrolyte_thickness", _LENGTH),
    "lithium_thickness_um": ("lithium_thickness", _LENGTH),
    "ionic_conductivity_s_per_cm": (
        "ionic_conductivity",
        {
            "s/cm": 1.0, "scm-1": 1.0, "sperm": 1e-2, "spercm": 1.0, "ms/cm": 1e-3, "mscm-1": 1e-3,
            "mspercm": 1e-3, "us/cm": 1e-6, "uscm-1": 1e-6, "uspercm": 1e-6, "s/m": 1e-2,
            "sm-1": 1e-2, "ms/m": 1e-5, "mspermm": 1e-2, "ms/mm": 1e-2,
        },
    ),
    "pressure_mpa": (
        "pressure",
        {"mpa": 1.0, "kpa": 1e-3, "pa": 1e-6, "gpa": 1e3, "bar": 0.1, "atm": 0.101325},
    ),
    "temperature_celsius": ("temperature", {"c": 1.0, "degc": 1.0, "celsius": 1.0}),
}  # fmt: skip
"""By column: what its name begins with, and how many of its own unit another one is."""
_NUMBER: Final = re.compile(r"\s*([-+−]?[\d.,]+(?:[eE][-+]?\d+)?)\s*([^\d\s].{0,19})")
_SAME: Final = str.maketrans(
    {"²": "2", "⁻": "-", "¹": "1", "µ": "u", "μ": "u", "−": "-"} | dict.fromkeys(" ·*^_°()[]")
)


def number_in_unit(column: str, text: str) -> tuple[str, float]:
    """Return the number of a field, and the factor that takes it to its column's own unit.

    Parameters
    ----------
    column : str
        "area_cm2".
    text : str
        "78.5 mm²", or a number alone; what is neither is returned as it is.
    """
    found = _NUMBER.fullmatch(text)
    _, units = _UNITS.get(column, ("", {}))
    factor = units.get(_plain(found[2])) if found else None
    return (text, 1.0) if found is None or factor is None else (found[1], factor)


def own_names(names: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Return the columns that state a known quantity in another unit ("area_mm2", "area [mm²]").

    Parameters
    ----------
    names : iterable of str

    Returns
    -------
    dict
        By the name as it stands: the manifest's own name, and the unit.
    """
    found = {}
    for name in names:
        plain = _plain(name)
        for own, (begin, units) in _UNITS.items():
            head = begin.replace("_", "")
            unit = plain.removeprefix(head).removeprefix("/")
            if name.lower() != own and plain.startswith(head) and unit in units:
                found[name] = (own, unit)
    return found


def in_own_names(entry: Mapping[str, Any], other: Mapping[str, tuple[str, str]]) -> dict[str, Any]:
    """Return an entry under the manifest's own names, units beside the numbers.

    Parameters
    ----------
    entry : mapping
    other : mapping
        As :func:`own_names` returns it.
    """
    told: dict[str, Any] = {}
    for name, value in entry.items():
        own, unit = other.get(name, (name, ""))
        bare = isinstance(value, str | int | float) and not isinstance(value, bool)
        told[own] = f"{value} {unit}" if unit and bare and str(value).strip() else value
    return told


def _plain(text: str) -> str:
    return text.translate(_SAME).casefold()
