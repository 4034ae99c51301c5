"""softbreak: is this cell carrying ions only, or is it short-circuiting quietly?

The public names are loaded when they are first used, so that ``import softbreak`` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from softbreak.version import __version__

if TYPE_CHECKING:
    from softbreak import features
    from softbreak.archive.inputs.label_file import labels
    from softbreak.archive.inputs.read import read
    from softbreak.archive.triage import triage
    from softbreak.data.history import CellHistory
    from softbreak.data.record import Cell, Record
    from softbreak.errors import SoftbreakError
    from softbreak.models.diagnosis.diagnose import diagnose, examine
    from softbreak.models.diagnosis.result import Diagnosis
    from softbreak.models.learned.model_inputs import cycle_table
    from softbreak.models.live.cell import LiveCell
    from softbreak.models.live.changes import Change, Kind
    from softbreak.models.live.watcher import Watcher
    from softbreak.models.registry import detector
    from softbreak.report import figures
    from softbreak.verdict import State, Verdict

_HOMES = {
    "cycle_table": "softbreak.models.learned.model_inputs",
    "labels": "softbreak.archive.inputs.label_file",
    "read": "softbreak.archive.inputs.read",
    "triage": "softbreak.archive.triage",
    "diagnose": "softbreak.models.diagnosis.diagnose",
    "examine": "softbreak.models.diagnosis.diagnose",
    "Diagnosis": "softbreak.models.diagnosis.result",
    "LiveCell": "softbreak.models.live.cell",
    "Watcher": "softbreak.models.live.watcher",
    "detector": "softbreak.models.registry",
    "Change": "softbreak.models.live.changes",
    "Kind": "softbreak.models.live.changes",
    "CellHistory": "softbreak.data.history",
    "Cell": "softbreak.data.record",
    "Record": "softbreak.data.record",
    "SoftbreakError": "softbreak.errors",
    "State": "softbreak.verdict",
    "Verdict": "softbreak.verdict",
    "features": "softbreak.features",
    "figures": "softbreak.report.figures",
}

_MODULES = ("features", "figures")
"""Public names that are modules; ``features`` can be called too."""

__all__ = [
    "Cell",
    "CellHistory",
    "Change",
    "Diagnosis",
    "Kind",
    "LiveCell",
    "Record",
    "SoftbreakError",
    "State",
    "Verdict",
    "Watcher",
    "__version__",
    "cycle_table",
    "detector",
    "diagnose",
    "examine",
    "features",
    "figures",
    "labels",
    "read",
    "triage",
]


def __getattr__(name: str) -> object:
    """Load a public name where it is first used (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module 'softbreak' has no attribute {name!r}")
    home = import_module(_HOMES[name])
    value = home if name in _MODULES else getattr(home, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names, loaded or not."""
    return sorted(__all__)
