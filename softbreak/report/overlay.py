"""Many cells in one figure, coloured by group."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

import numpy as np

from softbreak.data.history import CellHistory
from softbreak.errors import SoftbreakError
from softbreak.models.diagnosis.result import Diagnosis
from softbreak.report.diagnosed import diagnosis_of
from softbreak.report.drawing import Curve, Figure, Panel
from softbreak.report.number_words import plain, resistance_scale
from softbreak.verdict import cycle_number

MOST_CELLS: Final = 60
"""So many lines can still be followed."""
MOST_POINTS: Final = 400
_COLOURS: Final = (
    "#0b5c94", "#b35f00", "#5c8a00", "#8f2412", "#6b4fa0", "#00807a", "#a0306b", "#5b6874",
)  # fmt: skip


class Life(NamedTuple):
    """A cell's response over its life.

    Attributes
    ----------
    name, group : str
    cycle, ohm : numpy.ndarray
        Cycles counted from 1, and the mean V/I of both directions (Ω).
    area_cm2 : float or None
    """

    name: str
    group: str
    cycle: np.ndarray
    ohm: np.ndarray
    area_cm2: float | None


def overlay(
    cells: Iterable[Diagnosis | CellHistory], groups: Mapping[str, str] | None = None
) -> Figure:
    """Lay the resistance of several cells over each other, cycle by cycle.

    Parameters
    ----------
    cells : iterable of Diagnosis or CellHistory
    groups : mapping, optional
        From a cell's name to its group; a colour each. The cells' states where not given.

    Returns
    -------
    Figure
        Ω cm² where the area of every cell is known, else Ω.

    Raises
    ------
    SoftbreakError
        If no cell has a cycle.
    """
    given = [cells] if isinstance(cells, Diagnosis | CellHistory) else list(cells)
    return overlaid([life_of(diagnosis_of(cell), groups) for cell in given])


def life_of(diagnosis: Diagnosis, groups: Mapping[str, str] | None = None) -> Life:
    """Return what an overlay shows of a cell.

    Parameters
    ----------
    diagnosis : Diagnosis
    groups : mapping, optional
        See :func:`overlay`.
    """
    name = str(diagnosis.summary.get("cell_id") or diagnosis.cell.cell_id)
    table = diagnosis.half_cycles
    mean = table.groupby("cycle_index")["resistance_ohm"].mean()
    chosen = np.unique(np.linspace(0, max(len(mean) - 1, 0), MOST_POINTS).astype(int))
    mean = mean.iloc[chosen] if len(mean) else mean
    group = str(diagnosis.summary["state"]) if groups is None else groups.get(name, "no group")
    cycle = mean.index.to_numpy(dtype=np.float64) + cycle_number(0)
    return Life(name, group, cycle, mean.to_numpy(dtype=np.float64), diagnosis.cell.area_cm2)


def overlaid(lives: Iterable[Life]) -> Figure:
    """Return the figure of lives; see :func:`overlay`.

    Parameters
    ----------
    lives : iterable of Life
        Those without a cycle are left out.
    """
    every = [life for life in lives if len(life.cycle)]
    if not every:
        raise SoftbreakError("none of these cells has a cycle to lay over another")
    shown = every[:MOST_CELLS]
    areal = all(life.area_cm2 for life in shown)
    groups = list(dict.fromkeys(life.group for life in shown))
    unit = resistance_scale(np.concatenate([life.ohm for life in shown]), 1.0 if areal else None)
    curves, named = [], set()
    for life in shown:
        factor = (life.area_cm2 or 1.0) if areal else unit.factor
        notes = tuple(f"{plain(life.name)}, cycle {cycle:.0f}" for cycle in life.cycle)
        label = "" if life.group in named else plain(life.group)
        named.add(life.group)
        colour = _COLOURS[groups.index(life.group) % len(_COLOURS)]
        y = np.where(life.ohm > 0.0, factor * life.ohm, np.nan)
        few = "circle" if len(life.cycle) < 4 else ""
        curves.append(Curve(life.cycle, y, label, colour, 1.0, few, notes=notes))
    positive = np.concatenate([curve.y[np.isfinite(curve.y)] for curve in curves])
    left = len(every) - len(shown)
    more = f" {left} further cells are left out." if left else ""
    return Figure(
        name="overlay",
        title="V/I of cells over each other",
        x_label="Cycle (counted from 1)",
        panels=(
            Panel(
                f"V/I / {unit.unit}",
                tuple(curves),
                logarithmic=bool(len(positive)) and float(positive.max() / positive.min()) > 10.0,
            ),
        ),
        caption=f"One line a cell, one colour a group; touch a line for its cell's name.{more}",
        whole_numbers=True,
        height=11.0,
    )
