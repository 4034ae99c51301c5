"""In which order the names of a cell's files put them, where nothing else does.

Dates count, and so do words that have an order of their own (before, after; first, second; Jan,
Feb; I, II): the alphabet would put "after" in front of "before". All else is in natural order.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from itertools import pairwise
from typing import Final

import numpy as np

from softbreak.data.names import natural_key, stem_of, tokens

_COUNTED: Final = (
    "one two three four five six seven eight nine ten eleven twelve",
    "eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf",
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth",
    "erste zweite dritte vierte fünfte sechste siebte achte neunte zehnte elfte zwölfte",
    "i ii iii iv v vi vii viii ix x xi xii xiii xiv xv xvi xvii xviii xix xx",
)
_STAGES: Final = (
    "initial pristine fresh before begin beginning start early vor vorher anfang frisch",
    "during middle mid mitte",
    "after end final last late aged nach nachher ende danach",
)
"""What was measured before the other; a name without such a word stands in the middle."""
_MONTHS: Final = (
    *("jan january januar", "feb february februar", "mar march mär märz maerz", "apr april"),
    *("may mai", "jun june juni", "jul july juli", "aug august", "sep sept september"),
    *("oct october okt oktober", "nov november", "dec december dez dezember"),
)
_DATE: Final = re.compile(r"(?<!\d)(\d{4}|\d{2}|\d)([-._ ]?)(\d{2}|\d)\2(\d{4}|\d{2})(?!\d)")
_ORDERS: Final = ("ymd", "dmy", "mdy")
_YEARS: Final = (1990, 2069)
_CENTURY: Final = 2000
_LONGER: Final = 10.0
"""A life that would be so many times longer if dates were read otherwise was not."""


def life_order(paths: Sequence[str]) -> list[int]:
    """Order the files of a cell by their names.

    Parameters
    ----------
    paths : sequence of str

    Returns
    -------
    list of int
        Places in ``paths``.
    """
    stems = [stem_of(path) for path in paths]
    natural = sorted(range(len(paths)), key=lambda k: natural_key(paths[k]))
    if len(stems) < 2:
        return natural
    told = _dates(stems) or _words(stems) or _stages(stems)
    return natural if told is None else sorted(natural, key=told.__getitem__)


def _dates(stems: Sequence[str]) -> list[int] | None:
    """Return the days that all names hold; None where two orders of day, month, year could be."""
    found = [_DATE.findall(stem) for stem in stems]
    if any(len(dates) != 1 for dates in found):
        return None
    read = ([_day(dates[0], order) for dates in found] for order in _ORDERS)
    days = [[day for day in column if day is not None] for column in read]
    whole = [column for column in days if len(column) == len(stems) and len(set(column)) > 1]
    whole.sort(key=lambda column: max(column) - min(column))
    orders = {tuple(sorted(range(len(stems)), key=column.__getitem__)) for column in whole}
    if len(orders) > 1 and np.ptp(whole[1]) < _LONGER * np.ptp(whole[0]):
        return None
    return whole[0] if whole else None


def _day(parts: tuple[str, str, str, str], order: str) -> int | None:
    """Return a date as a number of days; None where it is none by this order."""
    texts = dict(zip(order, (parts[0], parts[2], parts[3]), strict=True))
    if len(texts["m"]) > 2 or len(texts["d"]) > 2 or len(texts["y"]) < 2:
        return None
    year = int(texts["y"]) + _CENTURY * (len(texts["y"]) == 2)
    if not _YEARS[0] <= year <= _YEARS[1]:
        return None
    try:
        return date(year, int(texts["m"]), int(texts["d"])).toordinal()
    except ValueError:
        return None


def _words(stems: Sequence[str]) -> list[int] | None:
    """Return the ranks of the one word in which all names differ, where it counts."""
    split = [tokens(stem) for stem in stems]
    if len({len(words) for words in split}) != 1:
        return None
    apart = [column for column in zip(*split, strict=True) if len(set(column)) > 1]
    if len(apart) != 1:
        return None
    for counted in _COUNTED:
        ranks = {word: k for k, word in enumerate(counted.split())}
        if all(word in ranks for word in apart[0]):
            return [ranks[word] for word in apart[0]]
    months = {word: k for k, names in enumerate(_MONTHS) for word in names.split()}
    if all(word in months for word in apart[0]):
        return _around_the_year([months[word] for word in apart[0]])
    return None


def _around_the_year(months: Sequence[int]) -> list[int]:
    """Let a life begin behind the longest pause: November, December, January."""
    present = sorted(set(months))
    pauses = [(b - a, b) for a, b in pairwise([*present, present[0] + 12])]
    begin = max(pauses)[1] % 12
    return [(month - begin) % 12 for month in months]


def _stages(stems: Sequence[str]) -> list[int] | None:
    """Return 0 for what was measured before, 2 for what came after, 1 for all else."""
    ranks = {word: k for k, names in enumerate(_STAGES) for word in names.split()}
    found = [{ranks[word] for word in tokens(stem) if word in ranks} for stem in stems]
    if any(len(told) > 1 for told in found) or not any(found):
        return None
    return [min(told, default=1) for told in found]
