"""The features of a cycle against its cell's past: what they are, and where they go."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from softbreak.features.descriptions.feature import Feature

_JOULE: Final = "doi 10.1016/j.joule.2022.05.020"
_OWN: Final = "convention"
_CUSUM: Final = "doi 10.1093/biomet/41.1-2.100"
_FLICKER: Final = "Counihan et al., Joule 2024: dynamic soft shorts"
_LEVEL: Final = "temperature:down contact:down pressure:down growth:up voids:up"
_STEP: Final = "temperature:either contact:either pressure:either"
_COUNT: Final = f"{_STEP} sampling:either"

# name, formula, source, healthy soft hard, confounders. x is ln(V/I) of the second halves, taken to
# the first temperature (0.40 eV) and the first current.
_ROWS: Final = (
    ("x_over_base", "x − median of its first 3", _JOULE, "up down down", _LEVEL),
    ("x_over_maximum", "x − running maximum", _JOULE, "flat down down", _LEVEL),
    ("x_over_minimum", "x − running minimum", _OWN, "up flat flat", _LEVEL),
    ("x_over_median_5", "x − median of the last 5", _OWN, "flat down down", _STEP),
    ("x_over_median_15", "x − median of the last 15", _OWN, "flat down down", _STEP),
    ("x_over_previous", "x − x of the cycle before", _JOULE, "flat down down", _STEP),
    ("x_step_in_usual_steps", "Δx / median |Δx| of the last 10", _OWN, "flat down down", _STEP),
    ("x_slope_10", "slope of x over the last 10 cycles", _OWN, "up down down", _LEVEL),
    ("x_scatter_10", "scatter around that slope", _FLICKER, "flat up up", _STEP),
    ("x_usual_step", "median |Δx| of the last 10", _FLICKER, "flat up up", ""),
    (
        "x_over_anchor",
        "x − level before the first drop not undone",
        _JOULE,
        "flat down down",
        _STEP,
    ),
    ("maximum_over_base", "running maximum − base", _OWN, "up up up", "growth:up voids:up"),
    ("whole_over_late", "ln(V/I whole) − ln(V/I second halves)", _OWN, "flat either flat", ""),
    ("drop_deepest", "largest abrupt Δ ln R of the cycle", _JOULE, "flat down down", _STEP),
    ("rise_highest", "largest abrupt rise of the cycle", _FLICKER, "flat up flat", _STEP),
    ("drops", "abrupt drops in the cycle", _JOULE, "flat up up", _COUNT),
    ("rises", "abrupt rises in the cycle", _FLICKER, "flat up flat", _COUNT),
    ("drops_10", "the same over 10 cycles", _FLICKER, "flat up up", _COUNT),
    ("rises_10", "the same over 10 cycles", _FLICKER, "flat up flat", _COUNT),
    ("excursions", "drops that came back at once", _FLICKER, "flat up flat", "sampling:either"),
    ("excursions_10", "the same over 10 cycles", _FLICKER, "flat up flat", "sampling:either"),
    ("drop_cumulative", "sum of all drops so far", _JOULE, "flat down down", _STEP),
    ("drop_ever", "largest drop so far", _JOULE, "flat down down", _STEP),
    ("cusum_down", "CUSUM of −Δx, slack 0.03", _CUSUM, "flat up up", _LEVEL),
    ("cusum_up", "CUSUM of Δx, slack 0.03", _CUSUM, "up flat flat", _LEVEL),
    ("telegraph_gap", "widest gap between the last 15 levels", _FLICKER, "flat up up", _STEP),
    (
        "telegraph_switches",
        "how often they cross its middle",
        _FLICKER,
        "flat up flat",
        "sampling:either",
    ),
    ("slope_inside", "ln(V_last/V_first) of a half-cycle", _OWN, "up down flat", "voids:up"),
    ("slope_inside_change", "the same minus the first cycle's", _OWN, "up down down", "voids:up"),
    ("asymmetry_size", "|V₊+V₋| / (V₊−V₋)", _OWN, "flat up flat", "contact:either"),
    ("asymmetry_change", "change of the asymmetry's size", _OWN, "flat up flat", "contact:either"),
    ("ln_noise", "ln(scatter of a sample / |V|)", _FLICKER, "flat up up", "sampling:either"),
    (
        "temperature_distance",
        "|1/kT − 1/kT_first| (1/eV)",
        "Arrhenius",
        "none none none",
        "sampling:either",
    ),
    (
        "temperature_step",
        "change of 1/kT since the cycle before",
        "Arrhenius",
        "none none none",
        "",
    ),
    ("activation_energy", "running slope of ln R over 1/kT (eV)", _JOULE, "flat down down", ""),
    ("activation_misfit", "scatter that this slope leaves", "Arrhenius", "flat up up", _STEP),
    ("current_over_first", "ln(I / first I)", _OWN, "none none none", "current:either"),
    ("duration_over_first", "ln(duration / first)", _OWN, "none none none", "current:either"),
    ("carried_shift", "ln R explained away by I and duration", _OWN, "flat either either", ""),
    ("ln_cycles", "ln(cycles so far)", _OWN, "none none none", ""),
    ("x_over_floor", "ln(R σA/L)", _JOULE, "up down down", _LEVEL),
    ("x_since_spectrum", "x − x when the newest spectrum was taken", _OWN, "up down down", _LEVEL),
    (
        "direct_over_spectrum",
        "Δ ln(V/I / R_LF) since the first spectrum",
        _JOULE,
        "flat down down",
        "",
    ),
    ("x_since_sweep", "x − x when the newest CV was taken", _OWN, "up down down", _LEVEL),
    (
        "chord_over_direct",
        "Δ ln(CV chord / (V/I)) since the first CV",
        _JOULE,
        "flat either either",
        "",
    ),
    (
        "slow_change",
        "ln(A/A₀), A = (V_last − V_first)/I of both half-cycles: falls as (1 − η)²",
        _OWN,
        "flat down down",
        "growth:up temperature:either",
    ),
    (
        "slow_over_level",
        "Δ ln(A / (V/I)): the ionic path grows, and A with it, or not",
        _OWN,
        "flat down down",
        "growth:down",
    ),
    ("slow_uncertainty", "standard deviation of ln(A/A₀)", _OWN, "none none none", ""),
    ("slow_share", "ln(A₀/R₀)", _OWN, "none none none", ""),
    ("eis_eta", "mean η of the pair fit", _JOULE, "flat up up", ""),
    ("eis_lower", "lower end of its 90 % interval", _JOULE, "flat up up", ""),
    ("eis_upper", "upper end of its 90 % interval", _JOULE, "flat up up", ""),
    ("eis_probability", "P(η ≥ 0.05) of the pair fit", _JOULE, "flat up up", ""),
    (
        "eis_ln_growth",
        "ln of the growth that the fit assumes",
        _OWN,
        "up either either",
        "growth:up",
    ),
    ("eis_trusted", "1 where the pair passed its gates", _OWN, "none none none", ""),
    ("eis_wire", "1 where the spectrum is a wire's", _JOULE, "flat flat up", ""),
    (
        "eis_ln_residual",
        "ln of the Kramers–Kronig residual",
        "doi 10.1149/1.2044210",
        "flat up flat",
        "",
    ),
    ("eis_high_change", "ln(R_HF / first), at one temperature", _JOULE, "flat down down", ""),
    ("eis_low_change", "ln(R_LF / first), at one temperature", _JOULE, "up down down", _LEVEL),
    ("eis_arc_change", "ln((R_LF−R_HF) / first)", _JOULE, "up down down", _LEVEL),
    ("eis_low_step", "ln(R_LF / spectrum before)", _JOULE, "up down down", _LEVEL),
    ("eis_high_share", "R_HF / R_LF", _JOULE, "down up up", "contact:up growth:down"),
    ("eis_admittance_low", "R_LF Δ(1/R_LF)", _JOULE, "down up up", _LEVEL),
    (
        "eis_admittance_high",
        "R_LF Δ(1/R_HF): a short adds as much at every frequency",
        _JOULE,
        "flat up up",
        "",
    ),
    (
        "eis_flatness",
        "Δ(1/R_HF) / Δ(1/R_LF): 1 for a short, 0 for contact",
        _JOULE,
        "none either either",
        "contact:down temperature:up",
    ),
    ("eis_over_floor", "ln(R_LF σA/L)", _JOULE, "up down down", _LEVEL),
    (
        "eis_warming",
        "1/kT of the first spectrum − 1/kT of this (1/eV)",
        "Arrhenius",
        "none none none",
        "",
    ),
    ("cv_chord_change", "ln(chord / first), at one temperature", _JOULE, "up down down", _LEVEL),
    ("cv_chord_over_maximum", "ln(chord / largest so far)", _JOULE, "flat down down", _LEVEL),
    ("cv_chord_step", "ln(chord / CV before)", _JOULE, "flat down down", _LEVEL),
    ("cv_linearity_change", "change of 1 − R²", _JOULE, "flat down down", ""),
    (
        "cv_curvature_change",
        "change of I(V*)/2I(V*/2)",
        _JOULE,
        "flat down down",
        "temperature:down",
    ),
    ("cv_hysteresis_change", "change of the distance of both sweeps", _JOULE, "flat down down", ""),
    ("cv_largest_jump", "largest jump inside a sweep / peak", _JOULE, "flat up up", ""),
    ("eis_age", "cycles since the newest spectrum", _OWN, "none none none", ""),
    ("cv_age", "cycles since the newest CV", _OWN, "none none none", ""),
)


def _described(row: tuple[str, str, str, str, str]) -> Feature:
    name, formula, source, going, moved = row
    healthy, soft, hard = going.split()
    confounders = dict(word.split(":") for word in moved.split())
    unit = "eV" if name == "activation_energy" else "1"
    if "(1/eV)" in formula or name == "temperature_step":
        unit = "1/eV"
    return Feature(
        name, unit, "history", formula, source, healthy, soft, hard, MappingProxyType(confounders)
    )


FEATURES: Final[tuple[Feature, ...]] = tuple(_described(row) for row in _ROWS)
"""In the order of :data:`softbreak.features.families.cycle.COLUMNS`."""
