"""What a file's name says: which cell, which technique, which running number, data or not."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Final, NamedTuple

from softbreak.data.names import CELL_WORDS, tokens, words

TECHNIQUES: Final = words(
    """
    gcpl gcpl2 gitt gcd cc cccv peis geis speis sgeis zir eis impedance imp nyquist spectrum
    spectra cv cva cvs lsv voltammetry voltammogram voltammograms ocv ocp rest relax relaxation
    ca cp mb mp cycling cycle cycles cyc galvanostatic plating stripping plate strip leakage
    chrono ccd rate dc hold wait formation data raw test tests measurement measurements run
    before after pre post initial final pristine fresh end start cont continued
    """
)
"""Words that say what was done to a cell, never which cell it was."""

_PART_WORDS: Final = words(
    """
    part p run file seg segment section continued cont teil lauf abschnitt partie parte deel del
    export datei fichier archivo day week month tag woche session
    """
)
_COPY_WORDS: Final = words("copy kopie copie copia")
_ASIDE: Final = words("old backup backups copies alt bak ancien vieux viejo raw rohdaten")
"""Words that say where earlier exports of the same cell were put."""
_SPANS: Final = words("day week month session tag woche monat jour semaine mois sitzung")
_DAY, _MONTH, _YEAR = r"(?:0[1-9]|[12]\d|3[01])", r"(?:0[1-9]|1[0-2])", r"(?:19|20)\d\d"
_DATE: Final = re.compile(
    rf"(?i){_YEAR}(?:[-_. ]?\d\d?){{0,2}}|\d\d?([-_.])\d\d?\1(?:19|20)?\d\d"
    rf"|{_DAY}{_MONTH}(?:20)?\d\d|\d\d{_MONTH}{_DAY}|(?:\d\d?[-_. ]*)?"
    r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}"
    r"[-_. ]*(?:\d\d?,? )?(?:(?:19|20)?\d\d)?"
)
_COPY_OF: Final = re.compile(r"(?i)^(?:copy of|kopie von|copie de|copia de|copia di) +")
_AGAIN: Final = re.compile(r" ?\((\d{1,2})\)$")
"""What a second file of one name bears in many programs: "run (2)"."""
_WITHIN_YEAR: Final = re.compile(rf"{_MONTH}|{_DAY}")
_CHANNEL: Final = re.compile(r"(?i)^(c|ch|chan|channel)\d{1,3}$")
_IDENTITY: Final = re.compile(
    r"(?i)(?:^|[^a-z])(?:cell|zelle|sample|pellet|specimen)[ _#-]*(\d+[a-z]?)(?![a-z])"
    r"|(?:^|[_ -])(?:c|ch|chan|channel)[_ -]?(\d{1,3})(?=[_. -]|$)"
)

_MOST_DIGITS: Final = 4
"""A longer number is a date or a serial number: it does not run."""

NEVER_DATA: Final[dict[str, str]] = {
    ".pdf": "a document",
    ".doc": "a document",
    ".docx": "a document",
    ".odt": "a document",
    ".rtf": "a document",
    ".ppt": "a presentation",
    ".pptx": "a presentation",
    ".md": "a document",
    ".html": "a document",
    ".htm": "a document",
    ".png": "a picture",
    ".jpg": "a picture",
    ".jpeg": "a picture",
    ".tif": "a picture",
    ".tiff": "a picture",
    ".gif": "a picture",
    ".bmp": "a picture",
    ".svg": "a picture",
    ".heic": "a picture",
    ".mp4": "a film",
    ".mov": "a film",
    ".mps": "EC-Lab settings",
    ".mpl": "an EC-Lab log",
    ".mgr": "an EC-Lab graph",
    ".sta": "an EC-Lab state file",
    ".opj": "an Origin project",
    ".opju": "an Origin project",
    ".py": "a program",
    ".ipynb": "a notebook",
    ".m": "a program",
    ".exe": "a program",
    ".lnk": "a shortcut",
    ".url": "a shortcut",
    ".ini": "settings",
    ".cfg": "settings",
    ".bak": "a backup",
    ".tmp": "a temporary file",
    ".lock": "a lock",
}
"""Suffixes that no cycler gives its data, with what they are."""

_MAYBE_SUFFIXES: Final = frozenset((".log", ".json", ".xml", ".yaml", ".yml", ".toml", ".info"))
_MAYBE_WORDS: Final = words(
    """
    readme notes note comment comments protocol protokoll notizen changelog licence license todo
    summary overview settings metadata manifest logbook
    """
)

TWINS: Final[dict[str, tuple[str, ...]]] = {
    ".mpr": (".mpt",),
    ".ndax": (".nda", ".csv", ".xlsx", ".xls", ".parquet"),
    ".nda": (".csv", ".xlsx", ".xls", ".parquet"),
    ".res": (".csv", ".xlsx", ".xls"),
}
"""A native file and the exports that bear its name: the same measurement, told twice."""


def names_technique(name: str) -> bool:
    """Return whether a name (of a folder) says nothing but a technique: "EIS", "02_CV"."""
    return _only(name, TECHNIQUES)


def is_aside(name: str) -> bool:
    """Return whether a folder's name says only that earlier exports were put there: "old"."""
    return _only(name, _ASIDE)


def names_time(name: str, above: str) -> bool:
    """Return whether a folder's name only says when its files were recorded: a date, "part 2".

    Parameters
    ----------
    name, above : str
        Its own name, and that of the folder it lies in: "02" is a month within "2024" only.
    """
    if _DATE.fullmatch(name) or (_WITHIN_YEAR.fullmatch(name) and _DATE.fullmatch(above)):
        return True
    counted = any(letter.isdecimal() for letter in name)
    return counted and _only(name, (TECHNIQUES | _PART_WORDS | _SPANS))


def _only(name: str, known: frozenset[str]) -> bool:
    words = [re.sub(r"^\d+|(?<!\d)\d+$", "", token) for token in tokens(name)]
    return any(words) and all(word in known for word in words if word)


def cell_key(stem: str) -> str:
    """Return a file's name without its technique and running number.

    Parameters
    ----------
    stem : str
        "LPSCl_a_03_PEIS_C01".

    Returns
    -------
    str
        "lpscl_a_c01": files of a flat folder that share it are one cell. A number is kept where
        it names the cell ("cell_07", "sample 3") and where nothing else would.
    """
    stem = _COPY_OF.sub("", without_count(stem))
    kept = [part for part, role in _roles(stem) if role is Role.CELL]
    if any(part not in TECHNIQUES for part in kept):
        return "_".join(kept)
    whole = tokens(stem)
    plain = [part for part in whole if part not in _COPY_WORDS]
    return "_".join(plain) if plain and len(plain) < len(whole) else stem.lower()


class Role(StrEnum):
    """What a word or number of a name says."""

    CELL = "cell"
    TECHNIQUE = "technique"
    PART = "part"
    NUMBER = "number"


def _roles(stem: str) -> list[tuple[str, Role]]:
    """Say of each word and number of a name what it is for."""
    parts = tokens(stem)
    found: list[tuple[str, Role]] = []
    for place, part in enumerate(parts):
        before = parts[place - 1] if place else ""
        role = Role.CELL
        if (part in TECHNIQUES or part in _COPY_WORDS) and place:
            role = Role.TECHNIQUE
        elif place and (_is_part(part) or (part in _PART_WORDS and _is_count(parts, place + 1))):
            role = Role.PART
        elif part.isdecimal() and place and before not in CELL_WORDS and _runs(parts, place):
            role = Role.NUMBER
        found.append((part, role))
    return found


def _is_count(parts: Sequence[str], place: int) -> bool:
    return place < len(parts) and parts[place].isdecimal() and len(parts[place]) <= _MOST_DIGITS


def without_count(stem: str) -> str:
    """Return a name without what says that it is the second file of that name: "run (2)"."""
    return _AGAIN.sub("", stem) or stem


class Numbered(NamedTuple):
    """What a name says of a file among those of one cell.

    Attributes
    ----------
    key : str
        What is left without technique and running numbers; empty where that is nothing.
    numbers : tuple of int
        Running numbers, in the order of the name.
    digits : int
        Of the longest one that has a zero in front; 0 without any.
    techniques : frozenset of str
    counted : bool
        A word says that it is a part: "run_2", "part2".
    """

    key: str
    numbers: tuple[int, ...]
    digits: int
    techniques: frozenset[str]
    counted: bool


def numbered(stem: str) -> Numbered:
    """Take a file's name apart.

    Parameters
    ----------
    stem : str
        "LPSCl_a_03_PEIS_C01".
    """
    again = _AGAIN.search(stem)
    stem = _COPY_OF.sub("", without_count(stem))
    bare = names_no_cell(stem)
    # all of it is technique and number, as in "data1"
    roles = [(part, _bare_role(part)) for part in tokens(stem)] if bare else _roles(stem)
    key = "_".join(part for part, role in roles if role is Role.CELL)
    digits = [
        figure
        for part, role in roles
        if role in (Role.NUMBER, Role.PART) or (bare and role is Role.TECHNIQUE)
        for figure in re.findall(r"\d+", part)
    ]
    digits += [again[1]] if again else []
    said = [re.sub(r"\d+", "", part) for part, role in roles if role is not Role.CELL]
    return Numbered(
        key,
        tuple(int(figure) for figure in digits),
        max((len(figure) for figure in digits if figure.startswith("0")), default=0),
        frozenset(word for word in said if word in TECHNIQUES - _PART_WORDS),
        any(word in _PART_WORDS for word in said),
    )


def _bare_role(part: str) -> Role:
    if _CHANNEL.match(part):
        return Role.CELL
    if part.isdecimal():
        return Role.NUMBER
    return Role.PART if _is_part(part) else Role.TECHNIQUE


def names_no_cell(stem: str) -> bool:
    """Return whether a name holds a number, and else only techniques and a channel: "02_GCPL"."""
    parts = [part for part in tokens(without_count(stem)) if not _CHANNEL.match(part)]
    if not any(part[-1:].isdecimal() or part[:1].isdecimal() for part in parts):
        return False
    bare = all(part.isdecimal() and len(part) <= _MOST_DIGITS for part in parts)
    return bare or _only("_".join(parts), TECHNIQUES | _PART_WORDS)


def _is_part(part: str) -> bool:
    word = part.rstrip("0123456789")
    return word in _PART_WORDS and word != part


def _runs(parts: Sequence[str], place: int) -> bool:
    """A number runs if only techniques, numbers and channels follow it; or dates, perhaps."""
    if len(parts[place]) > _MOST_DIGITS and not _DATE.fullmatch(parts[place]):
        return False
    rest = parts[place + 1 :]
    return all(p in TECHNIQUES or p.isdecimal() or _CHANNEL.match(p) or _is_part(p) for p in rest)


def identities(stems: Sequence[str]) -> list[str]:
    """Return, for each name, the cell or channel number that it states ("" where none)."""
    found = []
    for stem in stems:
        matches = [next(filter(None, match.groups())) for match in _IDENTITY.finditer(stem)]
        found.append("/".join(m.lower().lstrip("0") or "0" for m in matches))
    return found


def not_data(path: PurePosixPath) -> str:
    """Return what a file is that certainly holds no data ("a picture"), else nothing."""
    return NEVER_DATA.get(path.suffix.lower(), "")


def perhaps_not_data(path: PurePosixPath) -> str:
    """Return what a file would be if no reader knew it: notes, settings; else nothing."""
    words = [word for token in tokens(path.stem) for word in re.findall(r"[a-z]+", token)]
    if path.suffix.lower() in _MAYBE_SUFFIXES:
        return "settings or a log"
    if any(word in _MAYBE_WORDS for word in words):
        return "notes"
    return ""
