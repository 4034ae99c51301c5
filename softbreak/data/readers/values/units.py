"""Units that are not ours, and values that give a wrongly stated one away."""

from __future__ import annotations

from typing import Final

import numpy as np

MELTING_CELSIUS: Final = 180.5
"""Lithium is liquid above."""
OFFSETS: Final = {
    **dict.fromkeys(("k", "kelvin"), (1.0, -273.15)),
    **dict.fromkeys(("f", "°f", "℉", "degf", "deg f", "fahrenheit"), (5 / 9, -160 / 9)),
}
"""Scale and offset to degrees Celsius, by the unit in lower case."""
TIME_UNITS: Final = {
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds", "sek", "sekunde", "sekunden"), 1.0),
    **dict.fromkeys(("seconde", "secondes", "segundo", "segundos", "secondi", "secondo"), 1.0),
    **dict.fromkeys(("seconden", "с", "сек", "секунд", "секунды", "秒", "초"), 1.0),
    **dict.fromkeys(("ms", "msec", "millisecond", "milliseconds", "毫秒", "мс"), 1e-3),
    **dict.fromkeys(("us", "microsecond", "microseconds"), 1e-6),
    **dict.fromkeys(("ns", "nanosecond", "nanoseconds"), 1e-9),
    **dict.fromkeys(("min", "mins", "minute", "minutes", "minuten", "minuto", "minutos"), 60.0),
    **dict.fromkeys(("minuti", "minuut", "мин", "минут", "минуты", "分", "分钟", "분"), 60.0),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours", "std", "stunde", "stunden"), 3600.0),
    **dict.fromkeys(("heure", "heures", "hora", "horas", "ora", "ore", "uur", "uren"), 3600.0),
    **dict.fromkeys(("ч", "час", "часы", "часов", "时", "小时", "時", "時間", "시간"), 3600.0),
    **dict.fromkeys(("d", "day", "days", "tag", "tage", "tagen", "jour", "jours"), 86_400.0),
    **dict.fromkeys(("día", "días", "dia", "dias", "giorno", "giorni", "dag", "dagen"), 86_400.0),
    **dict.fromkeys(("сут", "день", "дни", "дней", "天", "日", "일"), 86_400.0),
    **dict.fromkeys(("week", "weeks"), 604_800.0),
}
"""Seconds in a unit of time, by the unit in lower case and several languages."""
UNIT_NAMES: Final = {1.0: "seconds", 60.0: "minutes", 3600.0: "hours", 86_400.0: "days"}
_LIKELY: Final = (-60.0, 150.0)
"""°C at which cells are tested."""
_ROOM: Final = (5.0, 95.0)
"""°C at which nearly all are."""
_REMEDY: Final = "name the unit in the heading"
_APART_KELVIN: Final = 5.0
"""A lost probe writes a value that stands so far from all that it measures …"""
_VARIED: Final = 8
"""… where it measures more than so many different ones."""


def checked_celsius(values: np.ndarray) -> tuple[np.ndarray | None, str]:
    """Doubt a temperature in °C at which lithium would have melted.

    Parameters
    ----------
    values : ndarray, shape (n,)
        °C by the heading; NaN where there is none.

    Returns
    -------
    values : ndarray or None
        °C; None where it cannot be told what they are.
    sentence : str
        Empty where there is nothing to say.
    """
    known = values[np.isfinite(values)]
    if not len(known):
        return values, ""
    if float(np.median(known)) <= MELTING_CELSIUS:
        return _without_placeholders(values)
    low, high = (float(value) for value in np.quantile(known, (0.02, 0.98)))
    told = f"temperature of {low:.4g} to {high:.4g} under °C: lithium melts at {MELTING_CELSIUS} °C"
    kelvin, tenth = (low - 273.15, high - 273.15), (low / 10, high / 10)
    whole = bool((known == np.round(known)).all())
    if _within(kelvin, _LIKELY) and (not whole or not _within(tenth, _LIKELY)):
        return values - 273.15, f"{told}; it was read as kelvin ({_REMEDY})"
    if whole and _within(tenth, _ROOM) and not _within(kelvin, _ROOM):
        return values / 10.0, f"{told}; it was read as tenths of a degree ({_REMEDY})"
    choice = "kelvin or tenths of a degree" if _within(tenth, _LIKELY) else "in an unknown unit"
    return None, f"{told}; it may be {choice}, and was left out ({_REMEDY})"


def _without_placeholders(values: np.ndarray) -> tuple[np.ndarray, str]:
    """Leave out what a probe that was lost for a while wrote: 0, 85, 850 °C between 24 and 26."""
    if float(np.ptp(values[np.isfinite(values)])) <= _APART_KELVIN:
        return values, ""
    lost = values > MELTING_CELSIUS
    different, times = np.unique(values[np.isfinite(values) & ~lost], return_counts=True)
    if len(different) > _VARIED:
        away = np.full(len(different) + 1, np.inf)
        away[1:-1] = np.diff(different)
        alone = np.minimum(away[:-1], away[1:]) > _APART_KELVIN
        for value in different[alone & ((times > 1) | (different == 0.0))][:_VARIED]:
            here = values == value
            if value == 0.0 or np.count_nonzero(here[1:] != here[:-1]) > 2:  # it comes and goes
                lost |= here
    count = int(np.count_nonzero(lost))
    if not count:
        return values, ""
    written = ", ".join(f"{value:.4g}" for value in np.unique(values[lost])[:3])
    told = f"temperature: {count} of {len(values)} values ({written}) are no reading of its probe"
    return np.where(lost, np.nan, values), f"{told}; they were left out"


def _within(span: tuple[float, float], limits: tuple[float, float]) -> bool:
    return limits[0] <= span[0] and span[1] <= limits[1]
