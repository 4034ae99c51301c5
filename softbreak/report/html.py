"""What every page of a report shares: templates, assets, JSON inside a script, whole files."""

from __future__ import annotations

import json
import os
import shutil
from importlib.resources import files
from pathlib import Path
from typing import Any


def embedded(value: object) -> Any:
    """Return JSON that can stand inside a script element, marked as safe for the template."""
    from markupsafe import Markup

    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for mark in ("<", ">", "&", "\u2028", "\u2029"):
        text = text.replace(mark, f"\\u{ord(mark):04x}")
    return Markup(text)


def typeset(value: object) -> object:
    """Write the electronic fraction in sentences as the heads of tables do."""
    return value.replace("η_e", "ηₑ") if isinstance(value, str) else value


def environment() -> Any:
    """Return the templates: everything is escaped, and what is missing is an error."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    made = Environment(
        loader=PackageLoader("softbreak.report"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=typeset,
    )
    made.filters["embedded"] = embedded
    return made


def write(path: Path, text: str) -> None:
    """Write whole or not at all: a page that somebody has open is never half a page."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)


def copy_assets(directory: Path) -> None:
    """Put styles, scripts and the chart library beside the pages."""
    from softbreak.report.render_plotly import library_path

    directory.mkdir(parents=True, exist_ok=True)
    for asset in files("softbreak.report").joinpath("assets").iterdir():
        if asset.is_file():
            (directory / asset.name).write_bytes(asset.read_bytes())
    script, copy = library_path(), directory / "plotly.min.js"
    if not copy.exists() or copy.stat().st_size != script.stat().st_size:
        shutil.copyfile(script, copy)
