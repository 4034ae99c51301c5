"""A figure as a page of its own: to be zoomed, by day and by night, without a network."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from softbreak.report.drawing import Figure
from softbreak.report.html import embedded, environment, write
from softbreak.report.render_plotly import PIXELS_A_CM, library_path, to_plotly


def save_page(figure: Figure, path: Path) -> Path:
    """Write a figure with everything that draws it into one file of some 5 MB.

    Parameters
    ----------
    figure : Figure
    path : pathlib.Path
        Ends in ``.html``.

    Returns
    -------
    pathlib.Path
        The file.
    """
    from markupsafe import Markup

    assets = files("softbreak.report").joinpath("assets")
    style, script = (
        assets.joinpath(name).read_text(encoding="utf-8") for name in ("style.css", "plots.js")
    )
    text = (
        environment()
        .get_template("figure.html")
        .render(
            title=figure.title,
            caption=figure.caption,
            height=round(figure.height * PIXELS_A_CM),
            json=embedded(to_plotly(figure)),
            style=Markup(style),
            library=Markup(library_path().read_text(encoding="utf-8")),
            script=Markup(script),
        )
    )
    write(path, text)
    return path
