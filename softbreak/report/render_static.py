"""Draw figures with matplotlib (Agg): PNG, SVG and PDF, without a display or global state."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from softbreak.errors import SoftbreakError
from softbreak.installed import missing_module
from softbreak.report.drawing import (
    EQUAL_PROPORTION,
    GRID,
    INK,
    QUIET,
    Curve,
    Figure,
    Panel,
    Stripe,
    equal_limits,
    reach,
    thinned,
)
from softbreak.report.number_words import plain
from softbreak.report.states import LOOKS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Picture

_WIDTH_CM = 18.0
_MARKERS = {
    "circle": {"marker": "o"},
    "circle-open": {"marker": "o", "markerfacecolor": "white"},
    "square": {"marker": "s"},
    "triangle-up": {"marker": "^"},
    "triangle-down": {"marker": "v"},
}
_STYLE: dict[str, Any] = {
    "font.family": ["DejaVu Sans"],
    "font.size": 8.5,
    "svg.hashsalt": "softbreak",  # the same data gives the same file
    "axes.edgecolor": QUIET,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.7,
    "axes.axisbelow": True,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "grid.color": GRID,
    "grid.linewidth": 0.6,
    "hatch.linewidth": 0.6,
    "legend.frameon": False,
    "legend.fontsize": 8,
    "path.simplify": False,  # every peak of a decimated trace stays
}


def save(figure: Figure, path: Path, *, heading: str = "") -> Path:
    """Draw a figure into a file whose suffix names the format.

    Parameters
    ----------
    figure : Figure
    path : pathlib.Path
        Ends in ``.png`` (200 dots an inch), ``.svg`` or ``.pdf``.
    heading : str
        Put before the title: the cell's name.

    Returns
    -------
    pathlib.Path
        The file.
    """
    _write(figure, path, path.suffix, heading)
    return path


def to_svg(figure: Figure) -> str:
    """Return a figure as SVG text."""
    buffer = BytesIO()
    _write(figure, buffer, ".svg", "")
    return buffer.getvalue().decode("utf-8")


def _write(figure: Figure, target: Path | BytesIO, suffix: str, heading: str) -> None:
    no_date = {"Date": None} if suffix == ".svg" else None
    with _styled():
        picture = draw(figure, heading=heading)
        picture.savefig(target, format=suffix.lstrip("."), dpi=200, metadata=no_date)


@contextmanager
def _styled() -> Iterator[None]:
    try:
        import matplotlib
    except ModuleNotFoundError as error:
        raise SoftbreakError(missing_module(error, "a picture as a file")) from error
    style: Any = _STYLE  # a dictionary of any keys to matplotlib, of its own to its stubs
    with matplotlib.rc_context(style), warnings.catch_warnings():
        # A name in a script that the font lacks is drawn as boxes, which is worth no warning.
        warnings.filterwarnings("ignore", message="Glyph")
        yield


def save_side_by_side(figures: Sequence[Figure], path: Path, *, heading: str = "") -> Path:
    """Draw several figures beside each other into one file.

    Parameters
    ----------
    figures : sequence of Figure
        One or more; the tallest sets the height.
    path : pathlib.Path
        As in :func:`save`.
    heading : str
        Over the whole picture, where it holds several.

    Returns
    -------
    pathlib.Path
        The file.
    """
    if len(figures) == 1:
        return save(figures[0], path, heading=heading)
    with _styled():
        picture = _canvas(_WIDTH_CM * (1 + 0.25 * len(figures)), max(f.height for f in figures))
        picture.suptitle(_literal(heading), x=0.01, ha="left", fontsize=9.5, fontweight="bold")
        parts: Any = picture.subfigures(1, len(figures))
        for part, figure in zip(parts, figures, strict=True):
            _draw_on(part, figure, figure.title)
        picture.savefig(path, format=path.suffix.lstrip("."), dpi=200)
    return path


def draw(figure: Figure, *, heading: str = "") -> Picture:
    """Return the matplotlib figure (on no display)."""
    picture = _canvas(_WIDTH_CM, figure.height)
    title = f"{_literal(heading)}: {figure.title}" if heading else figure.title
    _draw_on(picture, figure, title)
    return picture


def _canvas(width_cm: float, height_cm: float) -> Picture:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure as Picture

    picture = Picture(figsize=(width_cm / 2.54, height_cm / 2.54), layout="constrained")
    FigureCanvasAgg(picture)
    engine: Any = picture.get_layout_engine()
    engine.set(h_pad=0.03, hspace=0.03)
    return picture


def _draw_on(picture: Picture, figure: Figure, title: str) -> None:
    picture.suptitle(title, x=0.01, ha="left", fontsize=9.5, fontweight="bold")
    strip, axes = _axes(picture, figure)
    for panel, axis in zip(figure.panels, axes, strict=True):
        _fill(axis, panel)
        for stripe in figure.stripes:
            axis.axvspan(stripe.start, stripe.end, color=LOOKS[stripe.state].tint, lw=0, zorder=0)
    axes[-1].set_xlabel(figure.x_label)
    for axis in axes[:-1]:
        axis.tick_params(labelbottom=False)
    if strip is not None:
        _draw_strip(strip, figure.stripes)
    _limit(figure, axes)
    _draw_marks(figure, strip if strip is not None else axes[0], axes)
    _legend(picture, figure)
    picture.align_ylabels(axes)


def _axes(picture: Picture, figure: Figure) -> tuple[Axes | None, list[Axes]]:
    shares = [panel.share for panel in figure.panels]
    if not figure.stripes:
        grid = picture.subplots(len(shares), 1, sharex=True, squeeze=False, height_ratios=shares)
        return None, list(grid[:, 0])
    ratios = [0.055 * sum(shares), *shares]
    grid = picture.subplots(len(ratios), 1, sharex=True, squeeze=False, height_ratios=ratios)
    return grid[0, 0], list(grid[1:, 0])


def _limit(figure: Figure, axes: Sequence[Axes]) -> None:
    from matplotlib.ticker import MaxNLocator

    if figure.whole_numbers:
        axes[-1].xaxis.set_major_locator(MaxNLocator(integer=True))
    if figure.stripes:
        axes[0].set_xlim(*reach(figure))
    if figure.equal_aspect:
        horizontal, vertical = equal_limits(figure.panels[0].curves, EQUAL_PROPORTION)
        axes[0].set_xlim(*horizontal)
        axes[0].set_ylim(*vertical)
        axes[0].set_box_aspect(EQUAL_PROPORTION)


def _literal(text: str) -> str:
    """Return text that matplotlib does not read as mathematics."""
    return plain(text).replace("$", r"\$")


def _fill(axis: Axes, panel: Panel) -> None:
    from matplotlib.ticker import MaxNLocator

    axis.set_ylabel(panel.label if panel.share > 0.8 else panel.label.replace(" / ", " /\n"))
    axis.grid(visible=True)
    axis.ticklabel_format(axis="y", useOffset=False)  # a level is read off, not added up
    if panel.logarithmic:
        axis.set_yscale("log")
    elif panel.share < 0.8:
        axis.yaxis.set_major_locator(MaxNLocator(4))
    for curve in panel.curves:
        _curve(axis, curve)
    if panel.limits is not None:
        axis.set_ylim(*panel.limits)
    for rule in panel.rules:
        axis.axhline(rule.y, color=QUIET, lw=0.8, ls="--", zorder=1)
        if rule.label:
            axis.annotate(
                rule.label,
                (1.0, rule.y),
                xycoords=("axes fraction", "data"),
                xytext=(3, 0),
                textcoords="offset points",
                va="center",
                fontsize=7.5,
                color=QUIET,
            )


def _curve(axis: Axes, curve: Curve) -> None:
    shape: dict[str, Any] = dict(_MARKERS.get(curve.marker, {}))
    if shape:
        shape |= {"markersize": 3.2, "markeredgewidth": 0.7}
    line = "-" if curve.width > 0 else "none"
    axis.plot(curve.x, curve.y, color=curve.colour, lw=curve.width, ls=line, zorder=3, **shape)
    if curve.lower is None or curve.upper is None:
        return
    if curve.has_band:
        band: dict[str, Any] = {"color": QUIET, "alpha": 0.25, "lw": 0, "zorder": 2}
        axis.fill_between(curve.x, curve.lower, curve.upper, **band)
        return
    reach = np.clip([curve.y - curve.lower, curve.upper - curve.y], 0, None)
    axis.errorbar(curve.x, curve.y, yerr=reach, fmt="none", ecolor=QUIET, elinewidth=0.8, capsize=1)


def _draw_strip(axis: Axes, stripes: Sequence[Stripe]) -> None:
    span = max(stripe.end for stripe in stripes) - min(stripe.start for stripe in stripes)
    for stripe in stripes:
        look, width = LOOKS[stripe.state], stripe.end - stripe.start
        axis.axvspan(
            stripe.start, stripe.end, fc=look.fill, ec=QUIET, lw=0.4, hatch=look.hatch or None
        )
        if width > 0.14 * span:
            axis.text(
                (stripe.start + stripe.end) / 2,
                0.47,
                str(stripe.state),
                color=look.ink,
                ha="center",
                va="center",
                fontsize=7.5,
                bbox={"fc": look.fill, "ec": "none", "pad": 1.2},
            )
    axis.set_ylim(0, 1)
    axis.set_yticks([])
    axis.tick_params(bottom=False, labelbottom=False)


def _draw_marks(figure: Figure, top: Axes, axes: Sequence[Axes]) -> None:
    low, high = reach(figure)
    words = thinned(figure.marks, high - low)
    for mark, word in zip(figure.marks, words, strict=True):
        for axis in axes:
            axis.axvline(mark.x, color=QUIET, lw=0.7, ls=":", zorder=1)
        if word:
            top.annotate(
                mark.label,
                (mark.x, 1.0),
                xycoords=("data", "axes fraction"),
                xytext=(0, 2),
                textcoords="offset points",
                ha="center",
                va="bottom",
                fontsize=7,
                color=QUIET,
            )


def _legend(picture: Picture, figure: Figure) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles: list[Any] = []
    shown = {stripe.state for stripe in figure.stripes}
    for state, look in LOOKS.items():
        if state in shown:
            kind: dict[str, Any] = {
                "fc": look.fill,
                "ec": QUIET,
                "lw": 0.4,
                "hatch": look.hatch or None,
            }
            handles.append(Patch(label=str(state), **kind))
    for panel in figure.panels:
        for curve in panel.curves:
            if curve.label:
                style: dict[str, Any] = dict(
                    _MARKERS.get(curve.marker, {}), color=curve.colour, lw=curve.width
                )
                handles.append(Line2D([], [], label=_literal(curve.label), markersize=4, **style))
    if not handles:
        return
    wide = max(len(str(handle.get_label())) for handle in handles) > 24
    picture.legend(handles=handles, loc="outside lower left", ncols=2 if wide else 6)
