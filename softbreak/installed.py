"""How softbreak was installed, and the line that brings what is missing.

Whoever misses a library should be able to copy one line and run it, so the line depends on who
installed softbreak (pip, uv, pipx, conda) and from where (an index, a file, a clone).
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Mapping
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import unquote, urlsplit

EXTRAS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "figures": ("matplotlib",),
        "query": ("duckdb",),
        "watch": ("sqlalchemy", "alembic", "apprise", "watchfiles"),
        "web": ("fastapi", "uvicorn", "prometheus_client"),
        "redis": ("redis",),
        "postgresql": ("psycopg",),
        "learn": ("sklearn", "lightgbm", "optuna", "mlflow"),
        "torch": ("torch",),
        "tsfresh": ("tsfresh",),
        "cluster": ("dask", "distributed", "fsspec", "s3fs"),
        "excel": ("xlsxwriter",),
        "bench": ("stumpy", "ruptures", "river", "pyod"),
    }
)
"""What each extra brings: the modules that softbreak imports of it."""

JOBS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "figures": "--png, pictures in notebooks and alarms",
        "query": "softbreak query",
        "watch": "softbreak watch",
        "web": "softbreak serve, watch http://…",
        "redis": "watch redis://…",
        "postgresql": "watch --store postgresql://…",
        "learn": "softbreak train, compare, models:/…",
        "torch": "train --model waveform",
        "tsfresh": "train --model lightgbm-tsfresh, generic features",
        "cluster": "triage --dask, archives at s3://…",
        "excel": "--xlsx, verdicts as a workbook",
        "bench": "softbreak bench, all entrants",
    }
)
"""What each extra is for."""

_CONDA: Final[Mapping[str, str]] = MappingProxyType(
    {"torch": "pytorch", "psycopg": "psycopg", "sklearn": "scikit-learn", "redis": "redis-py"}
)
"""Names on conda-forge that are not the module's."""


def extra_of(module: str) -> str | None:
    """Return the extra that brings a module (``"mlflow.pyfunc"``: "learn"); None if none does."""
    top = module.partition(".")[0]
    return next((extra for extra, modules in EXTRAS.items() if top in modules), None)


def missing_module(error: ImportError, job: str = "this", extra: str | None = None) -> str:
    """Return the sentence for a library that is not there, with the line that brings it.

    Parameters
    ----------
    error : ImportError
        What Python raised.
    job : str
        What was to be done: "a web server".
    extra : str, optional
        The one that the job needs, where it brings more than this module.
    """
    name = (error.name or "").partition(".")[0]
    extra = extra if extra_of(name) and extra else extra_of(name)
    if extra is None:
        return f"{job} needs {name or 'a library'}, which is not installed: {error}"
    return f"{job} needs {name}, which is not installed; this brings it: {install_line(extra)}"


def install_line(extra: str) -> str:
    """Return the command that adds an extra to this installation.

    Parameters
    ----------
    extra : str
        A key of :data:`EXTRAS`.
    """
    try:
        found = distribution("softbreak")
    except PackageNotFoundError:
        return _pip(f'-e "{Path(__file__).parents[1]}[{extra}]"')
    wanted = _requirement(found, extra)
    prefix = Path(sys.prefix)
    if (prefix / "pipx_metadata.json").is_file():
        return f"pipx install --force {wanted}"
    if (prefix / "uv-receipt.toml").is_file():
        return f"uv tool install --force {wanted}"
    installer = (found.read_text("INSTALLER") or "").strip()
    if installer == "conda":
        names = " ".join(_CONDA.get(one, one.replace("_", "-")) for one in EXTRAS[extra])
        return f"conda install -c conda-forge {names}"
    return f"uv pip install {wanted}" if installer == "uv" else _pip(wanted)


def how_installed() -> str:
    """Return who installed softbreak, and from where, in words."""
    try:
        found = distribution("softbreak")
    except PackageNotFoundError:
        return "not installed: imported from its folder"
    who = (found.read_text("INSTALLER") or "an unknown installer").strip()
    told: dict[str, Any] = json.loads(found.read_text("direct_url.json") or "{}")
    if told.get("dir_info", {}).get("editable"):
        return f"by {who}, editable, from {told['url']}"
    return f"by {who}, from {told['url']}" if told else f"by {who}"


def _requirement(found: Distribution, extra: str) -> str:
    """Return what to ask the installer for: by name, or from where it came."""
    told: dict[str, Any] = json.loads(found.read_text("direct_url.json") or "{}")
    url = str(told.get("url", ""))
    if url.startswith("file:") and "dir_info" in told:
        from urllib.request import url2pathname

        editable = "-e " if told["dir_info"].get("editable") else ""
        return f'{editable}"{url2pathname(unquote(urlsplit(url).path))}[{extra}]"'
    if url:
        version = told.get("vcs_info", {})
        pinned = f"{version['vcs']}+{url}@{version['commit_id']}" if version else url
        return f'"softbreak[{extra}] @ {pinned}"'
    return f'"softbreak[{extra}]"'


def _pip(wanted: str) -> str:
    """Return pip's line; the interpreter is named where ``python`` would be another one."""
    python = shutil.which("python")
    same = python is not None and Path(python).parent == Path(sys.executable).parent
    return f"{'python' if same else _quoted(sys.executable)} -m pip install {wanted}"


def _quoted(path: str) -> str:
    """Return a path as a shell takes it."""
    return f'"{path}"' if " " in path else path
