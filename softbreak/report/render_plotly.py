"""Draw figures with plotly.js: as its JSON, so that the Python package is never imported."""

from __future__ import annotations

import base64
import html
import importlib.util
import math
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from softbreak.errors import SoftbreakError
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
from softbreak.report.states import LOOKS

PIXELS_A_CM = 42.0
_STRIP = 0.055
_LOW_PANEL = 0.8
_GAP = 0.035
_FONT = "system-ui, 'Segoe UI', 'Helvetica Neue', Arial, sans-serif"


def library_path() -> Path:
    """Return where ``plotly.min.js`` stands: built into softbreak, else in an installed plotly.

    Raises
    ------
    SoftbreakError
        If neither has it.
    """
    built_in = Path(str(files("softbreak.report").joinpath("chart_library", "plotly.min.js")))
    if built_in.is_file():
        return built_in
    spec = importlib.util.find_spec("plotly")
    if spec is not None and spec.origin is not None:
        script = Path(spec.origin).parent / "package_data" / "plotly.min.js"
        if script.is_file():
            return script
    raise SoftbreakError(
        "plotly.min.js was not found, which draws the report: this softbreak was not built. "
        "Build it (`pip install -e .` in a clone), or install plotly"
    )


def to_plotly(figure: Figure) -> dict[str, Any]:
    """Return plotly.js' ``{"data": …, "layout": …}`` of a figure.

    The result holds no NaN (long arrays are base64-coded float arrays, in which NaN is a gap) and
    no unescaped text, which plotly would read as markup.
    """
    data: list[dict[str, Any]] = []
    top = 1.0 - (_STRIP + 0.015 if figure.stripes else 0.0)
    layout = _layout(figure)
    for place, (panel, domain) in enumerate(zip(figure.panels, _domains(figure, top), strict=True)):
        axis = "y" if place == 0 else f"y{place + 1}"
        layout[f"yaxis{'' if place == 0 else place + 1}"] = _vertical(panel, domain)
        for curve in panel.curves:
            data.extend(_traces(curve, axis))
        layout["shapes"].extend(_rules(panel, axis))
        layout["annotations"].extend(_rule_words(panel, axis))
    if figure.stripes:
        layout["yaxis9"] = {"domain": [1 - _STRIP, 1], "range": [0, 1], "visible": False}
        layout["yaxis9"]["fixedrange"] = True
        data.extend(_strip(figure.stripes))
        layout["shapes"] = _tints(figure.stripes, top) + layout["shapes"]  # behind the rules
        layout["barmode"] = "overlay"
        layout["xaxis"]["range"] = [_rounded(end) for end in reach(figure)]
    if figure.equal_aspect:
        horizontal, vertical = equal_limits(figure.panels[0].curves, EQUAL_PROPORTION)
        layout["yaxis"] |= {"scaleanchor": "x", "scaleratio": 1, "constrain": "domain"}
        layout["yaxis"]["range"] = [_rounded(end) for end in vertical]
        layout["xaxis"] |= {"constrain": "domain", "range": [_rounded(end) for end in horizontal]}
    if figure.whole_numbers:
        layout["xaxis"] |= {"tickformat": "d", "nticks": 12}
        if reach(figure)[1] - reach(figure)[0] < 12:
            layout["xaxis"]["dtick"] = 1
    _add_marks(figure, layout, top)
    return {"data": data, "layout": layout}


def _layout(figure: Figure) -> dict[str, Any]:
    lowest = "y" if len(figure.panels) == 1 else f"y{len(figure.panels)}"
    return {
        "height": round(figure.height * PIXELS_A_CM),
        "margin": {"l": 76, "r": 24, "t": 46, "b": 52},
        "font": {"family": _FONT, "size": 13, "color": INK},
        "paper_bgcolor": "#ffffff",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "hovermode": "closest",
        "hoverlabel": {"bgcolor": "#ffffff", "font": {"color": INK}, "align": "left"},
        "legend": {
            "orientation": "h",
            "x": 0,
            "y": -0.16 if not figure.equal_aspect else -0.13,
            "yanchor": "top",
            "font": {"size": 12},
        },
        "xaxis": _axis(figure.x_label) | {"anchor": lowest},
        "shapes": [],
        "annotations": [],
    }


def _axis(label: str) -> dict[str, Any]:
    return {
        "title": {"text": _text(label), "standoff": 8},
        "gridcolor": GRID,
        "linecolor": QUIET,
        "showline": True,
        "mirror": True,
        "ticks": "outside",
        "tickcolor": QUIET,
        "zeroline": False,
    }


def _vertical(panel: Panel, domain: tuple[float, float]) -> dict[str, Any]:
    low = panel.share < _LOW_PANEL
    axis = _axis(panel.label) | {"domain": list(domain), "nticks": 4 if low else 7}
    if low:  # the words of a low panel would reach into its neighbour
        axis["title"]["text"] = axis["title"]["text"].replace(" / ", " /<br>", 1)
    if panel.logarithmic:
        axis |= {"type": "log", "exponentformat": "power", "dtick": 1}
        del axis["nticks"]
    if panel.limits is not None:
        axis["range"] = list(panel.limits)
    return axis


def _domains(figure: Figure, top: float) -> list[tuple[float, float]]:
    """Share the height between the panels, from the top down."""
    total = sum(panel.share for panel in figure.panels)
    usable = top - _GAP * (len(figure.panels) - 1)
    domains, high = [], top
    for panel in figure.panels:
        low = high - usable * panel.share / total
        domains.append((max(low, 0.0), high))
        high = low - _GAP
    return domains


def _traces(curve: Curve, axis: str) -> list[dict[str, Any]]:
    mode = "+".join(
        kind for kind, on in (("lines", curve.width > 0), ("markers", curve.marker)) if on
    )
    trace: dict[str, Any] = {
        "type": "scatter",
        "mode": mode or "markers",
        "x": numbers(curve.x),
        "y": numbers(curve.y),
        "yaxis": axis,
        "line": {"color": curve.colour, "width": curve.width * 1.3},
        "name": _text(curve.label),
        "showlegend": bool(curve.label),
        "hoverinfo": "x+y",
    }
    if curve.marker:
        seen = {"symbol": curve.marker, "size": 6, "color": curve.colour}
        trace["marker"] = seen if curve.marker != "none" else {"size": 6, "opacity": 0}
    if curve.notes:
        trace |= {"text": [_text(note) for note in curve.notes], "hoverinfo": "text"}
    if curve.lower is None or curve.upper is None:
        return [trace]
    if curve.has_band:
        return [_band(curve, axis), trace]
    trace["error_y"] = {
        "type": "data",
        "symmetric": False,
        "array": numbers(np.clip(curve.upper - curve.y, 0, None)),
        "arrayminus": numbers(np.clip(curve.y - curve.lower, 0, None)),
        "thickness": 1,
        "width": 2,
        "color": QUIET,
    }
    return [trace]


def _band(curve: Curve, axis: str) -> dict[str, Any]:
    """Return the interval as closed outlines, one a stretch without gaps."""
    x: list[np.ndarray] = []
    y: list[np.ndarray] = []
    gap = np.array([np.nan])
    if curve.lower is not None and curve.upper is not None:
        known = np.isfinite(curve.lower) & np.isfinite(curve.upper)
        edges = np.flatnonzero(np.diff(np.concatenate([[0], known.astype(int), [0]])))
        for start, end in zip(edges[::2], edges[1::2], strict=True):
            part = curve.x[start:end]
            x += [part, part[::-1], gap]
            y += [curve.lower[start:end], curve.upper[start:end][::-1], gap]
    return {
        "type": "scatter",
        "mode": "lines",
        "x": numbers(np.concatenate(x or [gap])),
        "y": numbers(np.concatenate(y or [gap])),
        "yaxis": axis,
        "fill": "toself",
        "fillcolor": "rgba(91,104,116,0.25)",
        "line": {"width": 0},
        "hoverinfo": "skip",
        "showlegend": False,
    }


def _strip(stripes: Sequence[Stripe]) -> list[dict[str, Any]]:
    """Return the strip of states: one bar trace a state, so that the legend names each."""
    traces = []
    for state, look in LOOKS.items():
        own = [stripe for stripe in stripes if stripe.state is state]
        if not own:
            continue
        traces.append(
            {
                "type": "bar",
                "x": [_rounded((s.start + s.end) / 2) for s in own],
                "width": [_rounded(s.end - s.start) for s in own],
                "y": [1] * len(own),
                "yaxis": "y9",
                "marker": {
                    "color": look.fill,
                    "line": {"color": QUIET, "width": 0.5},
                    "pattern": {"shape": look.pattern, "fgcolor": look.ink, "size": 6}
                    | {"fillmode": "overlay", "fgopacity": 0.45},
                },
                "name": str(state),
                "hovertext": [_text(s.note) for s in own],
                "hoverinfo": "text",
            }
        )
    return traces


def _tints(stripes: Sequence[Stripe], top: float) -> list[dict[str, Any]]:
    return [
        {
            "type": "rect",
            "layer": "below",
            "yref": "paper",
            "x0": _rounded(stripe.start),
            "x1": _rounded(stripe.end),
            "y0": 0,
            "y1": top,
            "fillcolor": LOOKS[stripe.state].tint,
            "line": {"width": 0},
        }
        for stripe in stripes
    ]


def _rules(panel: Panel, axis: str) -> list[dict[str, Any]]:
    line = {"color": QUIET, "width": 1, "dash": "dash"}
    return [
        {"type": "line", "xref": "x domain", "yref": axis, "x0": 0, "x1": 1, "y0": rule.y}
        | {"y1": rule.y, "line": line, "layer": "below"}
        for rule in panel.rules
    ]


def _rule_words(panel: Panel, axis: str) -> list[dict[str, Any]]:
    return [
        {"xref": "paper", "yref": axis, "x": 1, "y": rule.y, "text": _text(rule.label)}
        | {"xanchor": "right", "yanchor": "bottom", "showarrow": False}
        | {"font": {"size": 11, "color": QUIET}}
        for rule in panel.rules
        if rule.label
    ]


def _add_marks(figure: Figure, layout: dict[str, Any], top: float) -> None:
    low, high = reach(figure)
    words = thinned(figure.marks, high - low)
    for mark, word in zip(figure.marks, words, strict=True):
        x = _rounded(mark.x)
        layout["shapes"].append(
            {"type": "line", "yref": "paper", "x0": x, "x1": x, "y0": 0, "y1": top}
            | {"line": {"color": QUIET, "width": 1, "dash": "dot"}, "layer": "below"}
        )
        if word:
            layout["annotations"].append(
                {"yref": "paper", "x": x, "y": 1, "text": _text(mark.label), "showarrow": False}
                | {"yanchor": "bottom", "font": {"size": 11, "color": QUIET}}
            )


def numbers(values: np.ndarray) -> Any:
    """Return an array for JSON: short ones as a list (null for NaN), long ones as base64."""
    array = np.asarray(values, dtype=float)
    if len(array) <= 64:
        return [_rounded(value) for value in array]
    array = np.where(np.isfinite(array), array, np.nan)
    single = array.astype("<f4")
    exact_enough = len(np.unique(single)) == len(np.unique(array))
    raw = single if exact_enough else array.astype("<f8")
    kind = "f4" if exact_enough else "f8"
    return {"dtype": kind, "bdata": base64.b64encode(raw.tobytes()).decode("ascii")}


def _rounded(value: float) -> float | None:
    return float(f"{value:.7g}") if math.isfinite(value) else None


def _text(text: str) -> str:
    return html.escape(text, quote=False)
