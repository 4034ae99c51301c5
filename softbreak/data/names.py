"""Words and numbers in files' names."""

from __future__ import annotations

import re
from pathlib import PurePath, PurePosixPath
from typing import Final


def words(text: str) -> frozenset[str]:
    """Return the words of a list that is written as a text."""
    return frozenset(text.split())


CELL_WORDS: Final = words(
    """
    cell cells sample zelle probe batt battery specimen device s no nr id channel ch sym symm
    symmetric pellet coin pouch swagelok
    """
)
"""Words in front of a number that names a cell, not a part of its life."""

MANIFEST_NAMES: Final = ("cells.csv", "cells.toml")
"""Files in which a person says what no measured file knows."""

_OUTER: Final = frozenset((".gz", ".bz2", ".xz", ".zst", ".zip"))
_SPLIT: Final = re.compile(r"[\s_\-.,()\[\]#+]+")
_DIGITS: Final = re.compile(r"(\d+)")
_WORD: Final = re.compile(r"([^\W\d_]+)[\W_]*$")
_MOST_DIGITS: Final = 9
_MOST_SUFFIX: Final = 8


def tokens(name: str) -> list[str]:
    """Split a name into its words and numbers, lower-case."""
    return [part for part in _SPLIT.split(name.lower()) if part]


def file_name(path: str) -> str:
    """Return the last part of a path, written with either slash."""
    return path.replace("\\", "/").rsplit("/", 1)[-1]


def stem_of(path: PurePath | str) -> str:
    """Return a file's name without its suffix, and without those of programs that packed it.

    Parameters
    ----------
    path : PurePath or str
        "run_1.csv.gz" is "run_1", "run_1.bdf.csv" too.
    """
    name = PurePosixPath(file_name(str(path)))
    while name.suffix.lower() in _OUTER and name.with_suffix("").suffix:
        name = name.with_suffix("")
    return name.stem.removesuffix(".bdf")


def natural_key(name: str) -> list[tuple[int, int | str]]:
    """Sort key under which "cell_10" comes after "cell_9", and "cell (2).csv" after "cell.csv"."""
    stem, dot, suffix = name.rpartition(".")
    if not stem or len(suffix) > _MOST_SUFFIX or not suffix[:1].isalpha():
        stem, dot, suffix = name, "", ""
    parts = enumerate(_DIGITS.split(stem))  # every other one is a number
    key: list[tuple[int, int | str]]
    key = [(0, int(part)) if k % 2 else (1, part.lower()) for k, part in parts if part]
    # what a name ends with stands before all that could go on in it: "x.csv" before "x2.csv"
    return [*key, (-1, f"{dot}{suffix}".lower())] if dot else key


def goes_on(path: str, following: str) -> bool:
    """Return whether a file's name is the other's with its number one higher.

    Parameters
    ----------
    path, following : str
        "run_9.csv" and "run_10.csv". The number of a cell ("cell_1") is none of a part.
    """
    before, after = _DIGITS.split(path), _DIGITS.split(following)
    if len(before) != len(after):
        return False
    places = [k for k, (a, b) in enumerate(zip(before, after, strict=True)) if not _same(a, b)]
    if len(places) != 1 or not places[0] % 2:
        return False
    low, high = before[places[0]], after[places[0]]
    if max(len(low), len(high)) > _MOST_DIGITS or int(high) != int(low) + 1:
        return False
    word = _WORD.search(before[places[0] - 1])
    return word is None or word[1].lower() not in CELL_WORDS


def _same(a: str, b: str) -> bool:
    return a.casefold() == b.casefold()
