"""The sign of a current that was recorded without one: by the words for discharge, or by voltage.

No passive cell has a voltage against its current through whole half-cycles. Where a file tells
the magnitude only, its labels say which half is discharge, in any maker's or language's words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    import polars as pl

_DISCHARGE: Final = re.compile(
    r"dchg|dcharg|(?<![a-z])d[_ -]ch(?:r?g|arg)|(?<![a-z])dch(?![a-z])|(?<![a-z])c[cpvr]+[_ -]?d\b"
    r"|disch|d[ée]char|descarg|scaric|entlad|ontlad|urlad|aflad|avlad|rozład|rozlad|vybíj|vybij"
    r"|purkau|deşarj|desarj|разряд|放电|放電|방전"
)
_LOAD_SHARE: Final = 0.05
_FEWEST: Final = 3
_FIRST: Final = 8192
"""Rows that are looked at before all are."""
_AGAINST: Final = 0.1
"""Of the samples under load so few may have a voltage against their current."""


def is_discharge(label: str, beginnings: Sequence[str] = ()) -> bool:
    """Whether a label says discharge.

    Parameters
    ----------
    label : str
    beginnings : sequence of str
        The vendor's own, lower case: how such a label begins.
    """
    plain = label.strip().lower()
    return plain.startswith(tuple(beginnings)) or _DISCHARGE.search(plain) is not None


def labelled(labels: pl.Series, says: Callable[[str], bool]) -> np.ndarray:
    """Return where labels say something; boolean, shape (n,). Each word is asked once."""
    said = [word for word in labels.unique().to_list() if word and says(word)]
    if not said:
        return np.zeros(len(labels), dtype=bool)
    return labels.is_in(said).fill_null(value=False).to_numpy()


def signed(current: np.ndarray, discharging: np.ndarray) -> np.ndarray:
    """Turn an unsigned current negative where the file's labels say discharge.

    A file that already signs its current is mostly negative there, and is left as it is; one that
    is mostly positive there and negative elsewhere counts the other way, and is turned.

    Parameters
    ----------
    current : ndarray, shape (n,)
        A.
    discharging : ndarray of bool, shape (n,)

    Returns
    -------
    ndarray, shape (n,)
    """
    there = current[discharging]
    if np.count_nonzero(there > 0) <= np.count_nonzero(there < 0):
        return current
    if float(np.nansum(current[~discharging])) < 0.0:  # what rests show is small
        return -current
    return np.where(discharging, -np.abs(current), current)


def signed_by_voltage(
    current: np.ndarray, voltage: np.ndarray, blocks: np.ndarray | None
) -> np.ndarray | None:
    """Give a current that is never negative the sign of the voltage, step by step.

    Parameters
    ----------
    current, voltage : ndarray, shape (n,)
        A and V.
    blocks : ndarray of int, shape (n,), optional
        Changes with every step of the programme.

    Returns
    -------
    ndarray or None
        None where the voltage does not ask for it, or there are no steps to go by: neither where
        there are none, nor where the voltage reverses within them.
    """
    if blocks is None or not lost_sign(current, voltage):
        return None
    load = _loaded(current, voltage)
    edges = np.flatnonzero(np.diff(blocks)) + 1
    out = np.array(current)
    for part in np.split(np.arange(len(current)), edges):
        under = part[load[part]]
        if len(under) and np.median(voltage[under]) < 0:
            out[part] = -out[part]
    against = load & (np.sign(out) * np.sign(voltage) < 0)
    return None if np.count_nonzero(against) > _AGAINST * np.count_nonzero(load) else out


def lost_sign(current: np.ndarray, voltage: np.ndarray) -> bool:
    """Whether a current of one sign stands beside a voltage that reverses in long runs."""
    first, volt = current[:_FIRST], voltage[:_FIRST]
    if ((first < 0) & np.isfinite(first) & np.isfinite(volt)).any():
        return False  # as nearly always
    known = np.isfinite(current) & np.isfinite(voltage)
    if not known.any() or float(current[known].min()) < 0 or float(current[known].max()) <= 0:
        return False
    volt = voltage[_loaded(current, voltage)]
    if len(volt) < 4 * _FEWEST or volt.min() >= 0 or volt.max() <= 0:
        return False
    runs = np.diff(np.flatnonzero(np.diff(np.sign(volt), prepend=0, append=0)))
    level = float(np.median(np.abs(volt)))
    clear = np.abs(volt) > _LOAD_SHARE * level
    lasting = runs[runs >= _FEWEST]
    return len(lasting) >= 4 and lasting.sum() > 0.9 * len(volt) and bool(clear.mean() > 0.9)


def _loaded(current: np.ndarray, voltage: np.ndarray) -> np.ndarray:
    size = np.where(np.isfinite(current), np.abs(current), 0.0)
    return (size > _LOAD_SHARE * size.max(initial=0.0)) & np.isfinite(voltage)
