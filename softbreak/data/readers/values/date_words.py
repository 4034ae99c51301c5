"""Dates in forms that programs and languages have of their own, written in the usual one.

``Wed Feb 28 09:00:00 2024``, ``28. Februar 2024``, ``2024年02月28日``, ``20240228T090000``,
``2024-02-28_09-00-00``, ``09:00:00 28/02/2024``, ``下午``, ``p.m.``, ``UTC``: no doubt about any.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import polars as pl

_MONTHS: Final = {
    "Jan": r"jan\p{L}*|januari[s]?|genn?\p{L}*|ene\p{L}*|sty\p{L}*|янв\p{L}*|leden|ocak",
    "Feb": r"feb\p{L}*|f[ée]v\p{L}*|lut\p{L}*|фев\p{L}*|únor\p{L}*|şub\p{L}*",
    "Mar": r"mar\p{L}*|mär\p{L}*|maer\p{L}*|mrz|mrt|maa\p{L}*|мар\p{L}*|březen|března",
    "Apr": r"apr\p{L}*|avr\p{L}*|abr\p{L}*|kwi\p{L}*|апр\p{L}*|duben|dubna|nis\p{L}*",
    "May": r"may\p{L}*|mai|maj|mei|mag\p{L}*|maio|maggio|мая|май|květ\p{L}*",
    "Jun": r"jun\p{L}*|juin|giu\p{L}*|cze\p{L}*|июн\p{L}*|červen|června|haz\p{L}*",
    "Jul": r"jul\p{L}*|juil\p{L}*|lug\p{L}*|lip\p{L}*|июл\p{L}*|červenec|července|tem\p{L}*",
    "Aug": r"aug\p{L}*|ao[uû]t|ago\p{L}*|sie\p{L}*|авг\p{L}*|srp\p{L}*|ağu\p{L}*",
    "Sep": r"sep\p{L}*|set\p{L}*|wrz\p{L}*|сен\p{L}*|září|eyl\p{L}*",
    "Oct": r"o[ck]t\p{L}*|out\p{L}*|ott\p{L}*|paź\p{L}*|окт\p{L}*|říj\p{L}*|eki\p{L}*",
    "Nov": r"nov\p{L}*|lis\p{L}*|ноя\p{L}*|listopad\p{L}*|kas\p{L}*",
    "Dec": r"de[czs]\p{L}*|dic\p{L}*|dez\p{L}*|gru\p{L}*|дек\p{L}*|prosin\p{L}*|ara\p{L}*",
}
_FORMS: Final = (
    (r"^(\d{4})\s*[年년]\s*(\d{1,2})\s*[月월]\s*(\d{1,2})\s*[日일]\s*", "${1}-${2}-${3} "),
    (
        r"(\d{1,2})\s*[时時点點시]\s*(\d{1,2})\s*[分분]\s*(\d{1,2}(?:[.,]\d+)?)\s*[秒초]",
        "${1}:${2}:${3}",
    ),
    (r"(\d{1,2})\s*[时時点點시]\s*(\d{1,2})\s*[分분]$", "${1}:${2}"),
    (r"(?i)\b(\d{1,2}) ?h ?(\d\d)(?: ?m(?:in)? ?(\d\d(?:[.,]\d+)?) ?s)$", "${1}:${2}:${3}"),
    (r"(?i)\b(\d{1,2}) ?h ?(\d\d)(?: ?m(?:in)?)?$", "${1}:${2}"),
    (r"^(\d{4})_(\d\d?)_(\d\d?)_(\d\d?)_(\d\d?)_(\d\d?)$", "${1}-${2}-${3} ${4}:${5}:${6}"),
    (r"^(.*?)\s*(?:上午|午前|오전)\s*(.*)$", "${1} ${2} AM"),
    (r"^(.*?)\s*(?:下午|午後|오후)\s*(.*)$", "${1} ${2} PM"),
    (r"(?i)\s*\b([ap])\.\s?m\.?$", " ${1}m"),
    (r"\s*(?:\(.*\)|\b(?:UTC|GMT|[A-Z]{2,4}T|Uhr|h))$", ""),
    (r"^\p{L}{2,10}\.?,?\s+(\p{L}{3,10}\.?\s+\d|\d{1,4}[-/. ])", "${1}"),  # a day of the week
    (r"^(\d{1,2}:\d\d(?::\d\d(?:[.,]\d+)?)?(?: ?[AaPp][Mm])?),? +(\d.*)$", "${2} ${1}"),
    (
        r"^(\p{L}{3,10}) +(\d{1,2}) +(\d\d?:\d\d:\d\d) +(\d{4})$",
        "${1} ${2} ${4} ${3}",
    ),
    (r"^(\d{4})\. ?(\d\d?)\. ?(\d\d?)\.,? *(\d.*)?$", "${1}-${2}-${3} ${4}"),
    (r"^(\d\d?[/-]\p{L}{3,10}[/-]\d{4}):(\d\d:\d\d.*)$", "${1} ${2}"),
    (r"^(\d{4})(\d\d)(\d\d)$", "${1}-${2}-${3}"),
    (
        r"^(\d{4})(\d\d)(\d\d)[T _-]?(\d\d):?(\d\d):?(\d\d([.,]\d+)?)$",
        "${1}-${2}-${3} ${4}:${5}:${6}",
    ),
    (
        r"^(\S*\d)[_\-;@, ]+(\d\d?)[-.h:](\d\d)[-.m:](\d\d)((?:[.,]\d+)?)$",
        "${1} ${2}:${3}:${4}${5}",
    ),
    (r"^(\d{1,2})([./-]) (\d{1,2})[./-] (\d{2,4})", "${1}${2}${3}${2}${4}"),
    (r"^(\d{1,2})\.? (?:de )?(\p{L}{3,10})\.? (?:de )?(\d{2,4})", "${1} ${2} ${3}"),
)


def plainly(texts: pl.Series) -> pl.Series:
    """Write dates in the usual form; what has none of these forms stays as it is."""
    out = texts.str.normalize("NFKC").str.strip_chars()
    for pattern, plain in _FORMS:
        out = out.str.replace(pattern, plain)
    if out.str.contains(r"\p{L}{3}").any():
        for month, names in _MONTHS.items():
            out = out.str.replace(
                rf"(?i)(^|[\d .-])(?:{names})\.?([\d .,-])", f"${{1}}{month}${{2}}"
            )
    return out.str.replace_all(r"\s+", " ").str.strip_chars()
