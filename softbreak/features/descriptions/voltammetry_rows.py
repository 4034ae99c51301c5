"""The voltammetry features: what they are, where they go, and how they are told."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from softbreak.features.descriptions.feature import Feature
from softbreak.features.descriptions.sentence import Kind, Telling

PAPER: Final = "doi 10.1016/j.joule.2022.05.020"


def _feature(
    name: str, formula: str, going: str, source: str = PAPER, unit: str = "1", **moved: str
) -> Feature:
    healthy, soft, hard = going.split()
    return Feature(
        f"cv_{name}",
        unit,
        "voltammetry",
        formula,
        source,
        healthy,
        soft,
        hard,
        MappingProxyType(moved),
    )


_PATH = {"temperature": "up", "contact": "up", "pressure": "up", "growth": "down", "voids": "down"}
"""How the current of an unshorted cell moves."""

FEATURES: Final = (
    _feature(
        "peak_omega_previous",
        "(I_pk(k) − I_pk(k−1)) / I_pk(k−1), same window and scan rate",
        "down up up",
        f"{PAPER}, Eq. 3",
        **_PATH,
    ),
    _feature(
        "omega_previous",
        "I(V*, k) / I(V*, k−1) − 1 at the common voltage V*",
        "down up up",
        f"{PAPER}, Eq. 3 at a common voltage",
        **_PATH,
    ),
    _feature(
        "omega_initial",
        "I(V*, k) / I(V*, first) − 1",
        "down up up",
        f"{PAPER}, Eq. 3 at a common voltage",
        **_PATH,
    ),
    _feature(
        "omega_running_max",
        "I(V*, k) / max I(V*, earlier) − 1",
        "down up up",
        f"{PAPER}, Eq. 3 against the running maximum",
        **_PATH,
    ),
    _feature(
        "omega_running_min",
        "I(V*, k) / min I(V*, earlier) − 1",
        "flat up up",
        f"{PAPER}, Eq. 3 against the running minimum",
        **_PATH,
    ),
    _feature(
        "omega_temperature_corrected",
        "omega_initial with I · exp(E/k (1/T − 1/T_first)), E = 0.40 eV; absent without T",
        "down up up",
        f"{PAPER}, Eq. 3; Arrhenius",
        **{**_PATH, "temperature": "flat"},
    ),
    _feature(
        "nonlinearity",
        "1 − R² of a straight line through I(V)",
        "up down down",
        voids="up",
        temperature="down",
    ),
    _feature(
        "curvature",
        "I(V*) / 2 I(V*/2)",
        "flat down flat",
        "Butler–Volmer; a linear path beside it",
        temperature="down",
        voids="either",
    ),
    _feature(
        "hysteresis",
        "mean |I_up(V) − I_down(V)| / I_pk",
        "up down down",
        "convention",
        voids="up",
        temperature="down",
    ),
    _feature(
        "asymmetry",
        "(I(V*) + I(−V*)) / (I(V*) − I(−V*))",
        "flat either flat",
        "convention",
        voids="either",
        contact="either",
    ),
    _feature(
        "peak_before_vertex",
        "1 − V(extreme of I) / V(vertex), mean of both vertices",
        "up down down",
        PAPER,
        voids="up",
    ),
    _feature(
        "series_trend",
        "slope of ln I(V*) over the sweeps of a series, from its third on",
        "down up flat",
        PAPER,
        temperature="either",
        voids="down",
        contact="up",
    ),
    _feature(
        "jump_share",
        "largest lasting step of I between samples / I_pk; positive where |I| rose",
        "flat up flat",
        PAPER,
        contact="either",
    ),
    _feature(
        "charge_over_cycled",
        "Q of half a voltammogram / Q of the half-cycles before it (above 1 the CV is the harder "
        "test)",
        "flat up up",
        "Q = V²/(s R)",
        **_PATH,
    ),
    _feature(
        "ln_chord_over_cycling",
        "ln(R_chord / (V/I of the cycling before it))",
        "flat either flat",
        "one cell, one resistance",
        voids="either",
        temperature="either",
    ),
    _feature(
        "ln_chord_over_floor",
        "ln(R_chord σ A / L); below 0 no ionic path can be so good",
        "up down down",
        "L/(σA)",
        **{name: {"up": "down", "down": "up"}[way] for name, way in _PATH.items()},
    ),
    _feature(
        "ln_window_over_initial",
        "ln(window / first window): says when sweeps cannot be compared",
        "none none none",
        "protocol",
    ),
    _feature(
        "ln_rate_over_initial",
        "ln(scan rate / first scan rate)",
        "none none none",
        "protocol",
    ),
    _feature(
        "age_half_cycles",
        "half-cycles since the voltammogram that the row tells of",
        "none none none",
        "protocol",
        "half-cycles",
    ),
)
AGE: Final = "cv_age_half_cycles"
"""Filled in where voltammograms are joined to half-cycles: :mod:`softbreak.features.table`."""

_CURRENT: Final = "The CV current at the common voltage"
TELLINGS: Final[dict[str, Telling]] = {
    "cv_peak_omega_previous": Telling(
        Kind.CHANGE, "The peak current of the CV", "in the sweep before", 0.03, about=_CURRENT
    ),
    "cv_omega_previous": Telling(Kind.CHANGE, _CURRENT, "in the sweep before", 0.03),
    "cv_omega_initial": Telling(Kind.CHANGE, _CURRENT, "in the cell's first CV", 0.05),
    "cv_omega_running_max": Telling(
        Kind.CHANGE, _CURRENT, "the largest of all earlier sweeps", 0.05
    ),
    "cv_omega_running_min": Telling(
        Kind.CHANGE, _CURRENT, "the smallest of all earlier sweeps", 0.05
    ),
    "cv_omega_temperature_corrected": Telling(
        Kind.CHANGE, f"{_CURRENT}, corrected for temperature,", "in the cell's first CV", 0.05
    ),
    "cv_nonlinearity": Telling(
        Kind.SHARE, "What a straight line leaves unexplained of the CV's current", "", 0.002
    ),
    "cv_curvature": Telling(Kind.NUMBER, "The CV's curvature I(V)/2I(V/2)", "", 0.02),
    "cv_hysteresis": Telling(
        Kind.SHARE, "The distance between the CV's two sweep directions", "the peak current", 0.01
    ),
    "cv_asymmetry": Telling(Kind.NUMBER, "The asymmetry of the CV's currents", "", 0.02),
    "cv_peak_before_vertex": Telling(
        Kind.SHARE, "The distance of the CV's current peak from its vertex", "the vertex", 0.03
    ),
    "cv_series_trend": Telling(
        Kind.SHARE, "The growth of the CV current from sweep to sweep", "", 0.01
    ),
    "cv_jump_share": Telling(
        Kind.SHARE, "The largest jump of the current inside a CV", "the peak current", 0.03
    ),
    "cv_charge_over_cycled": Telling(
        Kind.NUMBER, "The charge of a CV half-sweep over that of a half-cycle", "", 0.2
    ),
    "cv_ln_chord_over_cycling": Telling(
        Kind.RATIO, "The CV's resistance", "that of the cycling before it", 0.1
    ),
    "cv_ln_chord_over_floor": Telling(
        Kind.RATIO, "The CV's resistance", "that of the bare electrolyte", 0.05
    ),
    "cv_ln_window_over_initial": Telling(
        Kind.LOGARITHM, "The CV's voltage window", "in the first CV", 0.02
    ),
    "cv_ln_rate_over_initial": Telling(
        Kind.LOGARITHM, "The CV's scan rate", "in the first CV", 0.1
    ),
}
"""What each feature says, for :mod:`softbreak.features.explain`."""
