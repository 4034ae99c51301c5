"""The entrants that are shipped: one small module each, loaded when it is asked for."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Final

from softbreak.bench.entrants.entrant import Entrant
from softbreak.errors import SoftbreakError

_HOMES: Final = {
    "always-healthy": ("trivial", "NEVER"),
    "by-chance": ("trivial", "CHANCE"),
    "threshold-v": ("threshold", "ENTRANT"),
    "threshold-dvdt": ("jump", "ENTRANT"),
    "cusum": ("cusum", "ENTRANT"),
    "spectral-dvdt": ("spectral", "ENTRANT"),
    "matrix-profile": ("matrix_profile", "ENTRANT"),
    "change-points": ("change_points", "ENTRANT"),
    "adwin": ("drift", "ADWIN_ENTRANT"),
    "page-hinkley": ("drift", "PAGE_HINKLEY_ENTRANT"),
    "isolation-forest": ("outliers", "FOREST"),
    "pyod-lof": ("outliers", "LOF"),
    "pyod-knn": ("outliers", "KNN"),
    "pyod-copod": ("outliers", "COPOD"),
    "minirocket-ridge": ("rocket", "ENTRANT"),
    "tsfresh-lightgbm": ("boosted_tsfresh", "ENTRANT"),
    "tcn": ("convolutional", "ENTRANT"),
}
"""Module and name of each, in the order in which they run."""
_OURS: Final = "softbreak-"
_MODULES: Final = {"scikit-learn": "sklearn"}
"""Distributions whose module has another name."""


def names() -> tuple[str, ...]:
    """Return the names of all entrants, ours last."""
    from softbreak.models.registry import DETECTORS

    return (*_HOMES, *(f"{_OURS}{name}" for name in DETECTORS))


def entrant(name: str) -> Entrant:
    """Return an entrant.

    Raises
    ------
    SoftbreakError
        If there is none of that name.
    """
    if name in _HOMES:
        module, attribute = _HOMES[name]
        found: Entrant = getattr(import_module(f"{__name__}.{module}"), attribute)
        return found
    if name in names():
        from softbreak.bench.entrants.ours import ENTRANTS

        return next(one for one in ENTRANTS if one.name == name)
    raise SoftbreakError(f"there is no entrant {name!r}; there are {', '.join(names())}")


def missing(one: Entrant) -> tuple[str, ...]:
    """Return the distributions that an entrant needs and that are not installed."""
    return tuple(need for need in one.needs if find_spec(_MODULES.get(need, need)) is None)
