"""What a file's name says: which cell, which technique, which running number, data or not."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Final


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


TECHNIQUES: Final = _words(
    """
    gcpl gcpl2 gitt gcd cc cccv peis geis speis sgeis zir eis impedance imp nyquist spectrum
    spectra cv cva cvs lsv voltammetry voltammogram voltammograms ocv ocp rest relax relaxation
    ca cp mb mp cycling cycle cycles cyc galvanostatic plating stripping plate strip leakage
    chrono ccd rate dc hold wait formation data raw test tests measurement measurements run
    before after pre post initial final pristine fresh end start cont continued
    """
)
"""Words that say what was done to a cell, never which cell it was."""

_PART_WORDS: Final = _words(
    """
    part p run file seg segment section continued cont
    """
)
_CELL_WORDS: Final = _words(
    """
    cell cells sample zelle probe batt battery specimen device s no nr id channel ch sym symm
    symmetric pellet coin pouch swagelok
    """
)
_CHANNEL: Final = re.compile(r"(?i)^(c|ch|chan|channel)\d{1,3}$")
_IDENTITY: Final = re.compile(
    r"(?i)(?:^|[^a-z])(?:cell|zelle|sample|pellet|specimen)[ _#-]*(\d+[a-z]?)(?![a-z])"
    r"|(?:^|[_ -])(?:c|ch|chan|channel)[_ -]?(\d{1,3})(?=[_. -]|$)"
)
_SPLIT: Final = re.compile(r"[\s_\-.,()\[\]#+]+")

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
_MAYBE_WORDS: Final = _words(
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


def tokens(name: str) -> list[str]:
    """Split a name into its words and numbers, lower-case."""
    return [part for part in _SPLIT.split(name.lower()) if part]


def names_technique(name: str) -> bool:
    """Return whether a name (of a folder) says nothing but a technique: "EIS", "02_CV"."""
    words = [re.sub(r"^\d+|\d+$", "", token) for token in tokens(name)]
    return any(words) and all(word in TECHNIQUES for word in words if word)


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
    parts = tokens(stem)
    kept: list[str] = []
    for place, part in enumerate(parts):
        before = parts[place - 1] if place else ""
        if part in TECHNIQUES and place:
            continue
        if _is_part(part) and place:
            continue
        if part.isdigit() and place and before not in _CELL_WORDS and _runs(parts, place):
            continue
        kept.append(part)
    return "_".join(kept) if any(part not in TECHNIQUES for part in kept) else stem.lower()


def _is_part(part: str) -> bool:
    word = part.rstrip("0123456789")
    return word in _PART_WORDS and word != part


def _runs(parts: Sequence[str], place: int) -> bool:
    """A number runs if only techniques, numbers and channels follow it; dates do not run."""
    if len(parts[place]) > 4:
        return False
    rest = parts[place + 1 :]
    return all(p in TECHNIQUES or p.isdigit() or _CHANNEL.match(p) or _is_part(p) for p in rest)


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
