"""The offline report: an index of cells and one page a cell, opened from disk.

Names come from files and are untrusted: templates escape everything, file names are rewritten
(:func:`softbreak.report.number_words.safe_name`), and JSON inside a page cannot end its script.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import pandas as pd

from softbreak.models.diagnosis.result import Diagnosis
from softbreak.report import overlay as overlays
from softbreak.report.cell_page import cell_context
from softbreak.report.figures import figures_of
from softbreak.report.html import copy_assets, embedded, environment, write
from softbreak.report.index_page import index_context
from softbreak.report.lives import Life, life_of, lives_in
from softbreak.report.number_words import plain, safe_name
from softbreak.report.render_plotly import PIXELS_A_CM, to_plotly

_PAGES: Final = "cell"
OVERLAY: Final = "overlay.html"
MOST_OVERLAYS: Final = 12


def write_report(  # noqa: PLR0913 - all but the first by name
    directory: Path,
    *,
    run: Mapping[str, Any],
    cells: pd.DataFrame,
    failures: pd.DataFrame,
    diagnoses: Iterable[Diagnosis],
    verdicts: Path | None = None,
    link: Callable[[str], str] | None = None,
) -> Path:
    """Write the report; return its first page.

    Parameters
    ----------
    directory : pathlib.Path
        Is made where it does not exist; pages of other cells are removed.
    run : mapping
        The content of ``run.json``.
    cells, failures : pandas.DataFrame
        The rows of ``cells.parquet`` and ``failures.parquet``.
    diagnoses : iterable of Diagnosis
        The cells that get a page, of ten thousand perhaps a few hundred; looked at one at a time.
    verdicts : pathlib.Path, optional
        ``verdicts.parquet``, for the lives of the cells that get none.
    link : callable, optional
        The address of a cell's served page, by its name.

    Returns
    -------
    pathlib.Path
        ``directory/index.html``
    """
    over: list[overlays.Life] = []
    lives = write_cell_pages(directory, _noted(diagnoses, over), link)
    write_overlay(directory, over)
    kept = {page_of(identity) for identity in lives}
    for stale in (directory / _PAGES).glob("*.html"):
        if f"{_PAGES}/{stale.name}" not in kept:
            stale.unlink()
    if verdicts is not None:
        lives = {**lives_in(verdicts, cells), **lives}
    return write_index(directory, run=run, cells=cells, failures=failures, lives=lives)


def _noted(diagnoses: Iterable[Diagnosis], over: list[overlays.Life]) -> Iterator[Diagnosis]:
    """Pass diagnoses on, and keep what an overlay shows of each."""
    for diagnosis in diagnoses:
        over.append(overlays.life_of(diagnosis, _by_electrolyte(diagnosis)))
        yield diagnosis


def _by_electrolyte(diagnosis: Diagnosis) -> dict[str, str]:
    return {_identity(diagnosis): diagnosis.cell.electrolyte or "electrolyte not stated"}


def write_overlay(directory: Path, lives: Sequence[overlays.Life]) -> Path | None:
    """Write the page on which cells lie over each other, one figure a group and one of all.

    Parameters
    ----------
    directory : pathlib.Path
        Of the report.
    lives : sequence of softbreak.report.overlay.Life

    Returns
    -------
    pathlib.Path or None
        None where there are not two cells with cycles: the page is removed then.
    """
    path = directory / OVERLAY
    known = [life for life in lives if len(life.cycle)]
    if len(known) < 2:
        path.unlink(missing_ok=True)
        return None
    figures = [("All cells, coloured by electrolyte", overlays.overlaid(known))]
    for group in dict.fromkeys(life.group for life in known):
        mine = [life._replace(group=life.name) for life in known if life.group == group]
        if 1 < len(mine) < len(known):
            figures.append((plain(group), overlays.overlaid(mine)))
    told = [
        {
            "head": head,
            "caption": figure.caption,
            "height": round(figure.height * PIXELS_A_CM),
            "json": embedded(to_plotly(figure)),
        }
        for head, figure in figures[:MOST_OVERLAYS]
    ]
    template = environment().get_template("overlay.html")
    context = {"title": "Cells over each other", "root": "", "crumb": "cells over each other"}
    write(path, template.render(**context, figures=told))
    return path


def write_cell_pages(
    directory: Path,
    diagnoses: Iterable[Diagnosis],
    link: Callable[[str], str] | None = None,
) -> dict[str, Life]:
    """Write the pages of cells beside those that are there; return what the index shows of each.

    Parameters
    ----------
    directory : pathlib.Path
    diagnoses : iterable of Diagnosis
    link : callable, optional
        The address of a cell's served page, by its name.
    """
    (directory / _PAGES).mkdir(parents=True, exist_ok=True)
    copy_assets(directory / "assets")
    template = environment().get_template("cell.html")
    lives = {}
    for diagnosis in diagnoses:
        identity = _identity(diagnosis)
        served = link(diagnosis.cell.cell_id) if link else ""
        text = template.render(root="../", served=served, **cell_context(diagnosis))
        write(directory / page_of(identity), text)
        lives[identity] = life_of(diagnosis)
    return lives


def write_index(
    directory: Path,
    *,
    run: Mapping[str, Any],
    cells: pd.DataFrame,
    failures: pd.DataFrame,
    lives: Mapping[str, Life],
) -> Path:
    """Write the ranked page, with links to the cells' pages that are there; return it.

    Parameters
    ----------
    directory : pathlib.Path
    run, cells, failures
        See :func:`write_report`.
    lives : mapping
        By cells' names.
    """
    made = {f"{_PAGES}/{path.name}" for path in (directory / _PAGES).glob("*.html")}
    pages = {name: page for name in cells["cell_id"].map(str) if (page := page_of(name)) in made}
    context = index_context(run, cells, failures, lives, pages)
    context["overlay"] = OVERLAY if (directory / OVERLAY).is_file() else ""
    context["results"] = plain(directory.resolve().parent.name)
    index = directory / "index.html"
    write(index, environment().get_template("index.html").render(**context))
    return index


def page_of(identity: str) -> str:
    """Return where a cell's page lies in the report."""
    return f"{_PAGES}/{safe_name(identity)}.html"


def static_figures(
    diagnosis: Diagnosis, directory: Path, formats: Sequence[str] = ("png",)
) -> list[Path]:
    """Draw a cell's pictures into files.

    Parameters
    ----------
    diagnosis : Diagnosis
    directory : pathlib.Path
        Is made where it does not exist.
    formats : sequence of {"png", "svg", "pdf"}

    Returns
    -------
    list of pathlib.Path
    """
    from softbreak.report.render_static import save

    directory.mkdir(parents=True, exist_ok=True)
    stem = safe_name(_identity(diagnosis))
    return [
        save(figure, directory / f"{stem}-{figure.name}.{kind}", heading=_identity(diagnosis))
        for figure in figures_of(diagnosis)
        for kind in formats
    ]


def _identity(diagnosis: Diagnosis) -> str:
    return str(diagnosis.summary.get("cell_id") or diagnosis.cell.cell_id)
