"""Numbers, times and untrusted names as people read them. A missing number is an en dash."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from softbreak.models.rules.spoken_numbers import hours as in_hours

MISSING = "–"

_HOUR = 3600.0
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_DAY = 24 * _HOUR


@dataclass(frozen=True, slots=True)
class Scale:
    """A factor from SI (or area-specific) values to the unit in which they are shown.

    Attributes
    ----------
    factor : float
        Shown value = factor × value.
    unit : str
    """

    factor: float
    unit: str


def stands_on(counts: Mapping[str, int]) -> str:
    """Say what the verdicts of an archive stand on; empty where nothing was decided.

    Parameters
    ----------
    counts : mapping
        The names of :data:`softbreak.verdict.BASIS_COUNTS`.
    """
    certified, settled, relative = (
        counts.get(name, 0) for name in ("n_certified", "n_settled", "n_relative")
    )
    if not certified + settled + relative:
        return ""
    return (
        f"Verdicts on {relative:,} cycles are relative to the cell's beginning only (whether it "
        f"was shorted before, they cannot tell); {settled:,} settled by impedance, "
        f"{certified:,} certified by geometry."
    )


def time_scale(span_second: float) -> Scale:
    """Choose s, min, h or d so that a span (s) reads well; hours up to two months."""
    if not span_second >= 180.0:
        return Scale(1.0, "s")
    if span_second < 3 * _HOUR:
        return Scale(1 / 60.0, "min")
    if span_second < 60 * _DAY:
        return Scale(1 / _HOUR, "h")
    return Scale(1 / _DAY, "d")


def voltage_scale(values: np.ndarray) -> Scale:
    """Choose V, mV or µV for voltages (V)."""
    return _prefixed(values, "V", ((1.0, ""), (1e-3, "m"), (1e-6, "µ")), least=0.5)


def current_scale(values: np.ndarray, area_cm2: float | None) -> Scale:
    """Choose a unit for currents (A): per area where the electrode's area is known."""
    if area_cm2:
        density = _prefixed(values / area_cm2, "A cm⁻²", ((1e-3, "m"), (1e-6, "µ")), least=0.05)
        return Scale(density.factor / area_cm2, density.unit)
    return _prefixed(values, "A", ((1.0, ""), (1e-3, "m"), (1e-6, "µ"), (1e-9, "n")), least=0.5)


def resistance_scale(values: np.ndarray, area_cm2: float | None) -> Scale:
    """Choose a unit for resistances (Ω): times area where the electrode's area is known."""
    if area_cm2:
        return Scale(area_cm2, "Ω cm²")
    return _prefixed(values, "Ω", ((1e3, "k"), (1.0, ""), (1e-3, "m")), least=1.0)


def _prefixed(
    values: np.ndarray, unit: str, prefixes: tuple[tuple[float, str], ...], *, least: float
) -> Scale:
    finite = np.abs(values[np.isfinite(values)])
    largest = float(finite.max()) if finite.size else 0.0
    if largest == 0.0:
        return Scale(1.0 / prefixes[0][0], prefixes[0][1] + unit)
    for size, prefix in prefixes:
        if largest >= least * size:
            return Scale(1.0 / size, prefix + unit)
    size, prefix = prefixes[-1]
    return Scale(1.0 / size, prefix + unit)


def as_float(value: object) -> float:
    """Return a number, NaN where there is none (None, NA, text)."""
    if isinstance(value, (int, float, np.integer, np.floating)):
        return float(value)
    return math.nan


def number(value: object, digits: int = 3) -> str:
    """Write a number with so many significant digits and no exponent where it can be avoided."""
    x = as_float(value)
    if not math.isfinite(x):
        return MISSING
    if x == 0.0:
        return "0"
    if not 1e-3 <= abs(x) < 1e6:
        mantissa, exponent = f"{x:.{digits - 1}e}".split("e")
        return _minus(f"{mantissa} × 10") + str(int(exponent)).translate(_RAISED)
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(x))))
    return _minus(f"{x:.{decimals}f}")


def integer(value: object) -> str:
    """Write a whole number with thin groups of three."""
    x = as_float(value)
    return f"{round(x):,}".replace(",", "\u202f") if math.isfinite(x) else MISSING


def percent(fraction: object, *, signed: bool = False) -> str:
    """Write a fraction in percent, with its sign where it is a change."""
    x = 100.0 * as_float(fraction)
    if not math.isfinite(x):
        return MISSING
    decimals = 0 if abs(x) >= 9.95 else 1
    if 99.5 <= abs(x) < 99.995:  # a part is not the whole
        decimals = 2
    text = _minus(f"{x:{'+' if signed else ''}.{decimals}f}")
    return f"{text} %"


def chance(probability: object) -> str:
    """Write a probability in percent; one that rounds to nothing is still one."""
    x = as_float(probability)
    return "< 0.1 %" if 0.0 <= x < 0.0005 else percent(x)


def interval(value: object, lower: object, upper: object) -> str:
    """Write a fraction with its interval, in percent: ``71 % (62 to 80 %)``."""
    middle = percent(value)
    if not (math.isfinite(as_float(lower)) and math.isfinite(as_float(upper))):
        return middle
    return f"{middle} ({percent(lower).removesuffix(' %')} to {percent(upper)})"


def duration(seconds: object) -> str:
    """Write a time (s) in the unit that suits it: ``25.0 h``."""
    x = as_float(seconds)
    if not math.isfinite(x):
        return MISSING
    scale = time_scale(abs(x))
    return f"{number(x * scale.factor)} {scale.unit}"


def hours(seconds: object) -> str:
    """Write a moment of a cell's life, as every sentence does: ``32.5 h``.

    A column of moments has one unit, whatever its rows.
    """
    x = as_float(seconds)
    return in_hours(x) if math.isfinite(x) else MISSING


def plain(text: object) -> str:
    """Return text without control, direction-changing or unencodable characters (``?`` instead)."""
    return "".join(mark if mark.isprintable() else "?" for mark in str(text))


def shortened(text: str, length: int) -> str:
    """Cut a long text in its middle, where names differ least."""
    if len(text) <= length:
        return text
    head = (length - 3) // 2
    return f"{text[:head]}...{text[len(text) - (length - 3 - head) :]}"


_PLAIN_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,59}")
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)", re.IGNORECASE)


def safe_name(cell_id: str) -> str:
    """Turn any cell identity into a file name of its own, the same in every run.

    Lower-case names of letters, digits, ``_`` and ``-`` stay. Everything else is rewritten and
    gets a part of its hash, so that ``A/1``, ``A:1`` and ``a-1`` never share a page, on file
    systems without case too.
    """
    if _PLAIN_ID.fullmatch(cell_id) and not _RESERVED.fullmatch(cell_id):
        return cell_id
    slug = re.sub(r"[^A-Za-z0-9_-]+", "-", cell_id).strip("-_")[:48] or "cell"
    if _RESERVED.fullmatch(slug):
        slug = f"cell-{slug}"
    digest = hashlib.sha256(cell_id.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{slug}.{digest[:12]}"


def _minus(text: str) -> str:
    return text.replace("-", "\u2212")
