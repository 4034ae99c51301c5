"""Which electrodes a cell has, in the words that people write into manifests and messages."""

from __future__ import annotations

import re
from typing import Final

from softbreak.metals import metal_named

SYMMETRIC: Final = "symmetric"
ASYMMETRIC: Final = "asymmetric"
FULL: Final = "full"
THREE: Final = "three-electrode"
CONFIGURATIONS: Final = (SYMMETRIC, ASYMMETRIC, FULL, THREE)
"""Two like electrodes; one of them bare or thin; two unlike ones with a voltage of their own; one
against a reference."""

_WORDS: Final[dict[str, tuple[str, ...]]] = {
    SYMMETRIC: (
        "symmetric", "symmetrical", "sym", "symm", "symmetrisch", "symétrique",
        "symetrique", "simétrica", "simetrica", "simétrico", "simetrico", "simmetrica", "对称",
        "对称电池", "對稱電池", "対称セル", "대칭셀",
    ),
    ASYMMETRIC: (
        "asymmetric", "asymmetrical", "asym", "asymm", "asymmetrisch", "asymétrique",
        "asymetrique", "asimétrica", "asimetrica", "asimmetrica", "barecollector", "非对称",
        "非对称电池", "不对称电池",
    ),
    FULL: (
        "full", "fullcell", "half", "halfcell", "anodefree", "anodeless", "twoelectrodefull",
        "voll", "vollzelle", "halbzelle", "celluleentière", "demicellule", "celdacompleta",
        "semicelda", "全电池", "全電池", "半电池", "半電池", "フルセル", "ハーフセル",
    ),
    THREE: (
        "threeelectrode", "threeelectrodes", "3electrode", "3electrodes", "3e", "3el", "threeel",
        "threee", "dreielektroden", "3elektroden", "dreielektrodenzelle", "troisélectrodes",
        "3électrodes", "tresélectrodos", "treselectrodos", "3electrodos", "三电极", "三電極",
        "三电极电池", "reference", "withreference",
    ),
}  # fmt: skip
"""Written without spaces, hyphens and the word for a cell; two unlike electrodes of a half-cell
have a voltage of their own, as those of a full cell have."""
_NAMED: Final = {word: name for name, words in _WORDS.items() for word in words}
_BETWEEN: Final = re.compile(r"[\s_\-–—.()]+")
_CELL: Final = re.compile(r"(?:cell|cells|setup|configuration|zelle|cellule|celda|电池)$")
_PAIR: Final = re.compile(r"[|/‖∥]")
_COLLECTORS: Final = frozenset(
    {"cu", "ss", "copper", "kupfer", "steel", "stainless steel", "ni", "mo", "ti"}
)


def configuration_named(text: str | None) -> str | None:
    """Return the configuration that a text names; None where it names none of the known.

    Parameters
    ----------
    text : str or None
        A word ("Full cell", "3-electrode"), or two electrodes ("Li|Li", "Cu || Li").
    """
    plain = _BETWEEN.sub("", (text or "").casefold())
    found = _NAMED.get(plain) or _NAMED.get(_CELL.sub("", plain))
    return found or _of_pair(text or "")


def _of_pair(text: str) -> str | None:
    """Two electrodes of one metal, or a metal and a bare collector, as written on a drawing."""
    ends = [end.strip() for end in _PAIR.split(text) if end.strip()]
    if len(ends) < 2:
        return None
    first, last = metal_named(ends[0]), metal_named(ends[-1])
    if first is not None and first == last:
        return SYMMETRIC
    bare = ends[0].casefold() in _COLLECTORS, ends[-1].casefold() in _COLLECTORS
    if (bare[0] and last is not None) or (bare[1] and first is not None):
        return ASYMMETRIC
    return None
