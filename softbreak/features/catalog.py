"""The catalogue: every feature of every family, and its page.

The page ``docs/features.md`` is this module's own print-out: ``softbreak features --catalogue >
docs/features.md`` writes it anew (a test holds the page to the code).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from softbreak.features import (
    cycle_catalog,
    impedance,
    rate,
    rest,
    voltage,
    voltage_tellings,
    voltammetry,
)
from softbreak.features.feature import CONFOUNDERS, DIRECTIONS, TECHNIQUES, Feature
from softbreak.features.telling import Telling

_FAMILIES: Final = (voltage, voltammetry, impedance, rest, rate)


def collected(families: Iterable[tuple[Feature, ...]]) -> tuple[Feature, ...]:
    """Join families of features.

    Raises
    ------
    ValueError
        If two features have one name.
    """
    joined = tuple(feature for family in families for feature in family)
    twice = [name for name, count in Counter(f.name for f in joined).items() if count > 1]
    if twice:
        raise ValueError(f"two features are called {', '.join(twice)}")
    return joined


CYCLE: Final = "cycle_"
"""Begins the names of what is said of a whole cycle: inputs of the shipped detectors, which call
them by the rest of the name."""

CATALOGUE: Final = collected(
    [
        *(family.FEATURES for family in _FAMILIES),
        tuple(
            replace(feature, name=f"{CYCLE}{feature.name}") for feature in cycle_catalog.FEATURES
        ),
    ]
)
"""All features, in the order of the table of :func:`softbreak.features.table.features_of`."""

_BY_NAME: Final = {feature.name: feature for feature in CATALOGUE}

TELLINGS: Final[dict[str, Telling]] = {
    **voltage_tellings.TELLINGS,
    **voltammetry.TELLINGS,
    **impedance.TELLINGS,
    **rest.TELLINGS,
    **rate.TELLINGS,
}
"""How features are put into words, by their names."""

_TITLES: Final = {
    "voltage": "Voltage of a half-cycle",
    "voltammetry": "Voltammetry",
    "impedance": "Impedance",
    "rest": "Leakage and rests",
    "rate": "Other currents",
    "history": "Against the cell's own history",
}
_SIGNS: Final = {"up": "↑", "down": "↓", "flat": "→", "either": "↕", "none": "·"}
_HEAD: Final = """# The features

Every number that softbreak takes of a half-cycle, a voltammogram, a spectrum, a hold or a rest: \
{count} in all.
This page is generated (`softbreak features --catalogue`); what it says is said in the code beside
each formula.

Arrows say where a feature goes: ↑ up, ↓ down, → it stays, ↕ it moves one way or the other,
· it says nothing. *Healthy* is a cell that ages without a short. *Also moved by* names what moves
the feature without any electron: a **warmer** cell, **better contact**, more **pressure**, a
**growing** interphase, **voids**, another **current**, another **sampling** rule. No feature that
moves for a soft short moves for nothing else: that is why cells are not judged by one number.

Missing evidence is NaN, never a guess. No row looks ahead: a feature depends on what was measured
before it and on nothing later. Features marked ◦ mean something else on another chemistry, area
or current, and are no input of models that are to hold on other cells.
"""
_MOVERS: Final = {
    "temperature": "warmth",
    "contact": "contact",
    "pressure": "pressure",
    "growth": "growth",
    "voids": "voids",
    "current": "current",
    "sampling": "sampling",
}


def feature_of(name: str) -> Feature:
    """Return a feature by its name.

    Raises
    ------
    KeyError
        If there is none.
    """
    return _BY_NAME[name]


def catalogue_markdown() -> str:
    """Print the catalogue as a page of the documentation (Markdown)."""
    parts = [_HEAD.format(count=len(CATALOGUE))]
    for technique in TECHNIQUES:
        family = [feature for feature in CATALOGUE if feature.technique == technique]
        if family:
            parts.append(f"## {_TITLES[technique]}\n\n{_table(family)}")
    return "\n".join(parts)


def _table(family: list[Feature]) -> str:
    head = "| feature | formula | unit | healthy | soft | hard | also moved by | source |\n"
    rows = [
        f"| `{feature.name}`{'' if feature.transferable else ' ◦'} | {_cell(feature.formula)} "
        f"| {_cell(feature.unit)} | {_SIGNS[feature.healthy]} | {_SIGNS[feature.soft]} "
        f"| {_SIGNS[feature.hard]} | {_moved(feature)} | {_cell(feature.source)} |\n"
        for feature in family
    ]
    return head + "|---|---|---|---|---|---|---|---|\n" + "".join(rows)


def _moved(feature: Feature) -> str:
    moved = {**feature.confounders}
    return ", ".join(
        f"{_MOVERS[name]} {_SIGNS[moved[name]]}"
        for name in CONFOUNDERS
        if moved.get(name, "flat") in set(DIRECTIONS) - {"flat", "none"}
    )


def _cell(text: str) -> str:
    """Text that breaks no Markdown table: a bar would begin another column."""
    return text.replace("|", "∣").replace("<", "&lt;").replace("*", "∗")
