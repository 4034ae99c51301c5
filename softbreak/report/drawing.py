"""What a figure shows, without a word about who draws it.

A :class:`Figure` is stacked panels over one horizontal axis. The two renderers turn it into
plotly's JSON and into matplotlib's picture, so that both show the same thing.
"""

from __future__ import annotations

import math
from collections.abc import Container, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from softbreak.verdict import State

INK = "#1c2733"
QUIET = "#5b6874"
GRID = "#dfe4e8"
BLUE = "#0b5c94"
ORANGE = "#b35f00"

EQUAL_PROPORTION = 0.58
"""Height over width of a panel whose two axes have one scale."""

_SEQUENCE = ((143, 190, 222), (64, 133, 184), (33, 84, 137), (20, 26, 66))


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """Points in their order, with a line, with markers, or with both.

    Attributes
    ----------
    x, y : numpy.ndarray
        In the units of the axes; NaN breaks the line.
    label : str
        Legend entry; empty for none.
    colour : str
        Hexadecimal.
    width : float
        Line width in points; 0 for markers only.
    marker : {"", "none", "circle", "circle-open", "square", "triangle-up", "triangle-down"}
        "none" draws nothing but the interval.
    lower, upper : numpy.ndarray or None
        Ends of an interval around ``y``: whiskers for few points, a band for many.
    notes : tuple of str
        One hover text a point; empty for plain coordinates.
    """

    x: np.ndarray
    y: np.ndarray
    label: str = ""
    colour: str = INK
    width: float = 1.2
    marker: str = ""
    lower: np.ndarray | None = None
    upper: np.ndarray | None = None
    notes: tuple[str, ...] = ()

    @property
    def has_band(self) -> bool:
        """Whether the interval is drawn as a band (many points) or as whiskers (few)."""
        return self.lower is not None and len(self.x) > 80


@dataclass(frozen=True, slots=True)
class Rule:
    """A horizontal line with a word at its end."""

    y: float
    label: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A vertical line with a word at its foot."""

    x: float
    label: str


@dataclass(frozen=True, slots=True)
class Stripe:
    """A stretch of the horizontal axis in one state.

    Attributes
    ----------
    start, end : float
        In the horizontal axis' unit.
    state : State
    note : str
        Hover text.
    """

    start: float
    end: float
    state: State
    note: str


@dataclass(frozen=True, slots=True, eq=False)
class Panel:
    """One vertical axis and what stands over it.

    Attributes
    ----------
    label : str
        Quantity and unit.
    curves : tuple of Curve
    rules : tuple of Rule
    limits : tuple of float or None
        Fixed ends of the vertical axis; None: what the curves need.
    logarithmic : bool
    share : float
        Part of the figure's height, relative to the other panels.
    """

    label: str
    curves: tuple[Curve, ...]
    rules: tuple[Rule, ...] = ()
    limits: tuple[float, float] | None = None
    logarithmic: bool = False
    share: float = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Figure:
    """A whole figure.

    Attributes
    ----------
    name : str
        Short and stable: part of file names.
    title : str
    x_label : str
        Quantity and unit.
    panels : tuple of Panel
    stripes : tuple of Stripe
        States along the horizontal axis: a strip on top, a tint behind the curves.
    marks : tuple of Mark
    caption : str
        What to look for, and what was left out.
    equal_aspect : bool
        One unit is as long vertically as horizontally (Nyquist).
    whole_numbers : bool
        The horizontal axis counts: no ticks between whole numbers.
    height : float
        In centimetres at a width of 18 cm.
    """

    name: str
    title: str
    x_label: str
    panels: tuple[Panel, ...]
    stripes: tuple[Stripe, ...] = ()
    marks: tuple[Mark, ...] = ()
    caption: str = ""
    equal_aspect: bool = False
    whole_numbers: bool = False
    height: float = 9.0

    def save(self, path: str | Path) -> Path:
        """Draw into a file; the suffix (``.png``, ``.svg``, ``.pdf``, ``.html``) names the format.

        ``.html`` is a page of its own that can be zoomed, and needs no network.
        """
        if Path(path).suffix.lower() == ".html":
            from softbreak.report.figure_page import save_page

            return save_page(self, Path(path))
        from softbreak.report.render_static import save

        return save(self, Path(path))

    def _repr_mimebundle_(
        self, include: Container[str] | None = None, exclude: Container[str] | None = None
    ) -> dict[str, object]:
        """Show the figure in a notebook: interactive where that can draw plotly, else as SVG."""
        from softbreak.report.render_plotly import to_plotly

        made = {
            "application/vnd.plotly.v1+json": lambda: to_plotly(self),
            "image/svg+xml": self._repr_svg_,
            "text/plain": self.__repr__,
        }
        return {
            kind: make()
            for kind, make in made.items()
            if (include is None or kind in include) and (exclude is None or kind not in exclude)
        }

    def _repr_svg_(self) -> str:
        """Show the figure in a notebook."""
        from softbreak.report.render_static import to_svg

        return to_svg(self)

    def __repr__(self) -> str:
        """One line that says what it is."""
        curves = sum(len(panel.curves) for panel in self.panels)
        return f"<Figure {self.name}: {len(self.panels)} panels, {curves} curves>"


def in_order(count: int) -> list[str]:
    """Return colours that darken from the first to the last, in print too."""
    anchors = np.asarray(_SEQUENCE, dtype=float)
    places = np.linspace(0, len(anchors) - 1, count) if count > 1 else np.array([1.5])
    channels = [np.interp(places, np.arange(len(anchors)), anchors[:, i]) for i in range(3)]
    return [
        f"#{round(r):02x}{round(g):02x}{round(b):02x}" for r, g, b in zip(*channels, strict=True)
    ]


def thinned(marks: Sequence[Mark], span: float) -> list[bool]:
    """Say which of the marks (in order) can carry their word beside their neighbours'."""
    shown: list[bool] = []
    end = -math.inf
    for mark in marks:
        half = (0.0085 * len(mark.label) + 0.008) * span / 2
        shown.append(mark.x - half >= end)
        end = mark.x + half if shown[-1] else end
    return shown


def reach(figure: Figure) -> tuple[float, float]:
    """Return the ends of the horizontal axis: of the stripes and of all finite points."""
    ends = [place for stripe in figure.stripes for place in (stripe.start, stripe.end)]
    points = [curve.x[np.isfinite(curve.x)] for panel in figure.panels for curve in panel.curves]
    ends += [float(end) for x in points if x.size for end in (x.min(), x.max())]
    return (min(ends), max(ends)) if ends else (0.0, 1.0)


def equal_limits(
    curves: Sequence[Curve], proportion: float
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return limits in which a unit is equally long both ways in a box of height/width given."""
    x = np.concatenate([curve.x for curve in curves])
    y = np.concatenate([curve.y for curve in curves])
    left, right = float(np.nanmin(x, initial=0.0)), float(np.nanmax(x, initial=0.0))
    low, high = float(np.nanmin(y, initial=0.0)), float(np.nanmax(y, initial=0.0))
    width = 1.08 * max(right - left, (high - low) / proportion) or 1.0
    left -= (width - (right - left)) / 2
    low -= min(0.08 * width * proportion, (width * proportion - (high - low)) / 2)
    return (left, left + width), (low, low + width * proportion)
