"""The impedance features: what they are, where they go, and how they are told."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from softbreak.features.descriptions.feature import Feature
from softbreak.features.descriptions.sentence import Kind, Telling

PAPER: Final = "doi 10.1016/j.joule.2022.05.020"
_BOUKAMP: Final = "doi 10.1149/1.2044210"
_WARM: Final = {
    "temperature": "down",
    "contact": "down",
    "pressure": "down",
    "growth": "up",
    "voids": "up",
}
"""How the resistance of an unshorted cell moves."""


def _feature(
    name: str, formula: str, going: str, source: str = PAPER, unit: str = "1", **moved: str
) -> Feature:
    healthy, soft, hard = going.split()
    return Feature(
        f"eis_{name}",
        unit,
        "impedance",
        formula,
        source,
        healthy,
        soft,
        hard,
        MappingProxyType(moved),
        unit in ("1", "half-cycles"),
    )


FEATURES: Final = (
    _feature(
        "low_frequency_ohm",
        "R_LF: Re Z at the lowest frequency, smoothed; R_e is at least this",
        "up down down",
        unit="Ω",
        **_WARM,
    ),
    _feature(
        "high_frequency_ohm",
        "R_HF: all that is faster than the spectrum, inductance of the leads fitted out",
        "flat down down",
        unit="Ω",
        temperature="down",
        pressure="down",
    ),
    _feature(
        "wire",
        "1 where it is a straight line of a resistance that only metal has",
        "flat flat up",
        f"{PAPER}, Fig. 3",
    ),
    _feature(
        "ln_low_over_reference", "ln(R_LF / R_LF of the first spectrum)", "up down down", **_WARM
    ),
    _feature(
        "ln_low_temperature_corrected",
        "the same with R_LF · exp(E/k (1/T_first − 1/T)), E = 0.40 eV; absent without T",
        "up down down",
        f"{PAPER}; Arrhenius",
        **{**_WARM, "temperature": "flat"},
    ),
    _feature(
        "ln_low_over_previous", "ln(R_LF / R_LF of the spectrum before)", "up down down", **_WARM
    ),
    _feature(
        "ln_low_over_running_max", "ln(R_LF / largest earlier R_LF)", "flat down down", **_WARM
    ),
    _feature(
        "ln_high_over_reference",
        "ln(R_HF / R_HF,first), inductance of the leads fitted out",
        "flat down down",
        temperature="down",
        pressure="down",
    ),
    _feature(
        "ln_low_over_high",
        "ln(R_LF / R_HF)",
        "up down down",
        contact="down",
        pressure="down",
        growth="up",
        voids="up",
        temperature="either",
    ),
    _feature(
        "low_over_high_change",
        "ln(R_LF / R_HF) − the same of the first spectrum",
        "up down down",
        contact="down",
        pressure="down",
        growth="up",
        voids="up",
        temperature="either",
    ),
    _feature(
        "high_per_low_slope",
        "Δ ln R_HF / Δ ln R_LF to the first spectrum (contact, growth: near 0; T: near 1; "
        "a short: between)",
        "flat up up",
        temperature="up",
        contact="down",
        growth="down",
    ),
    _feature(
        "arc_share",
        "(R_LF − R_HF) / R_LF",
        "up down down",
        contact="down",
        pressure="down",
        growth="up",
        voids="up",
    ),
    _feature(
        "ln_arc_over_reference",
        "ln((R_LF − R_HF) / the same of the first spectrum); a path beside it takes (1 − η)²",
        "up down down",
        **_WARM,
    ),
    _feature(
        "arc_exponent",
        "(4/π) atan(2 max(−Im Z) / (R_LF − R_HF)): n of one depressed arc so high and so wide",
        "down either either",
        "ZARC geometry",
        growth="down",
    ),
    _feature(
        "ln_apex_hertz",
        "ln(frequency of max(−Im Z) / Hz), leads removed",
        "down up none",
        "convention",
        "ln Hz",
        temperature="up",
        growth="down",
    ),
    _feature(
        "ln_apex_over_reference",
        "ln(f_apex / f_apex,first) (contact leaves it: R/f · C f)",
        "down up none",
        "R C = 1/ω_apex",
        temperature="up",
        growth="down",
    ),
    _feature(
        "ln_capacitance_over_reference",
        "ln(C / C_first), C = 1/(2π f_apex (R_LF − R_HF)); a path beside it makes it larger",
        "flat up none",
        "R C = 1/ω_apex",
        contact="up",
        pressure="up",
        voids="down",
    ),
    _feature(
        "relaxation_decades",
        "standard deviation of log₁₀ τ, weighted by the resistances of the relaxations",
        "either either down",
        _BOUKAMP,
        growth="either",
    ),
    _feature(
        "slow_share",
        "share of the relaxations' resistance with τ > 1/(2π) s",
        "up down down",
        _BOUKAMP,
        growth="up",
        temperature="down",
    ),
    _feature(
        "delta_admittance",
        "⟨Re(Y − Y_first)⟩ R_LF,first: g_e / (1/R_LF,first) if only electrons came",
        "down up up",
        f"{PAPER}, Eq. 1",
        temperature="up",
        contact="up",
        pressure="up",
        growth="down",
        voids="down",
    ),
    _feature(
        "delta_ln_misfit",
        "ln χ²_red of “Y − Y_first is one real number”: low if only R_e changed",
        "up flat up",
        f"{PAPER}, Eq. 1",
        temperature="up",
        contact="up",
        pressure="up",
        growth="up",
        voids="up",
    ),
    _feature(
        "delta_imaginary",
        "mean |Im ΔY| / mean |ΔY|: 0 for electrons alone, large where nothing but noise changed",
        "either down down",
        f"{PAPER}, Eq. 1",
        temperature="either",
        contact="either",
        growth="either",
        voids="either",
    ),
    _feature(
        "inductive_fraction", "share of points with Im Z > 0", "flat up up", f"{PAPER}, Fig. 3"
    ),
    _feature(
        "arc_over_real",
        "max(−Im Z) / median Re Z; below 0.02 there is no arc",
        "up down down",
        f"{PAPER}, Fig. 3",
        contact="down",
        growth="up",
    ),
    _feature(
        "real_flatness",
        "largest |Re Z / median − 1|; below 0.05 it is a resistor",
        "up down down",
        f"{PAPER}, Fig. 3",
        contact="down",
        growth="up",
    ),
    _feature(
        "low_frequency_phase",
        "−Im Z / Re Z at the lowest frequency: how far from the DC limit it ends",
        "up down down",
        "convention",
        temperature="down",
        growth="up",
        sampling="either",
    ),
    _feature(
        "kramers_kronig_residual",
        "relative residual of the linear Kramers–Kronig fit: a cell that changed meanwhile",
        "flat up flat",
        f"{_BOUKAMP}; doi 10.1016/j.electacta.2014.01.034",
        sampling="either",
        temperature="up",
    ),
    _feature(
        "ln_low_over_cycling",
        "ln(R_LF / (V/I of the cycling before it))",
        "flat either either",
        "one cell, one resistance",
        voids="either",
        temperature="either",
    ),
    _feature(
        "ln_low_over_floor",
        "ln(R_LF σ A / L); below 0 no ionic path can be so good",
        "up down down",
        "L/(σA)",
        **_WARM,
    ),
    _feature(
        "pair_fraction",
        "mean of the posterior of η_e, fitted together with the first spectrum",
        "flat up up",
        "softbreak.physics.circuit_pair",
    ),
    _feature(
        "pair_fraction_sd",
        "its standard deviation",
        "none none none",
        "softbreak.physics.circuit_pair",
    ),
    _feature(
        "pair_short_probability",
        "P(η_e ≥ 0.05) of that posterior",
        "flat up up",
        "softbreak.physics.circuit_pair",
        contact="either",
        temperature="either",
    ),
    _feature(
        "pair_ln_misfit",
        "ln χ²_red of the pair fit",
        "none none none",
        "softbreak.physics.circuit_pair",
    ),
    _feature(
        "pair_ln_growth",
        "ln of the factor by which the fit lets the interfaces' ionic resistance grow",
        "up either none",
        "softbreak.physics.circuit_pair",
        growth="up",
        contact="down",
        voids="up",
    ),
    _feature(
        "pair_abstained",
        "1 where the pair fit's gates closed",
        "none none none",
        "softbreak.physics.circuit_pair",
    ),
    _feature(
        "age_half_cycles",
        "half-cycles since the spectrum that the row tells of",
        "none none none",
        "protocol",
        "half-cycles",
    ),
)
AGE: Final = "eis_age_half_cycles"
"""Filled in where spectra are joined to half-cycles: :mod:`softbreak.features.table`."""

_LOW: Final = "The low-frequency resistance"
_FIRST: Final = "in the cell's first spectrum"
TELLINGS: Final[dict[str, Telling]] = {
    f"eis_{name}": told
    for name, told in {
        "ln_low_over_reference": Telling(Kind.LOGARITHM, _LOW, _FIRST, 0.05),
        "ln_low_temperature_corrected": Telling(
            Kind.LOGARITHM, f"{_LOW}, corrected for temperature,", _FIRST, 0.05
        ),
        "ln_low_over_previous": Telling(Kind.LOGARITHM, _LOW, "in the spectrum before", 0.05),
        "ln_low_over_running_max": Telling(
            Kind.LOGARITHM, _LOW, "the largest of all earlier spectra", 0.05
        ),
        "ln_high_over_reference": Telling(
            Kind.LOGARITHM, "The high-frequency resistance", _FIRST, 0.03
        ),
        "ln_low_over_high": Telling(Kind.RATIO, _LOW, "the high-frequency one", 0.05),
        "high_per_low_slope": Telling(
            Kind.NUMBER, "The high-frequency resistance's share in what the low one did", "", 0.3
        ),
        "arc_share": Telling(
            Kind.SHARE, "The width of the arcs", "the low-frequency resistance", 0.03
        ),
        "ln_arc_over_reference": Telling(Kind.LOGARITHM, "The width of the arcs", _FIRST, 0.07),
        "arc_exponent": Telling(Kind.NUMBER, "The exponent n of the arc", "", 0.05),
        "ln_apex_over_reference": Telling(
            Kind.LOGARITHM, "The frequency of the arc's apex", _FIRST, 0.2
        ),
        "ln_capacitance_over_reference": Telling(
            Kind.LOGARITHM, "The capacitance of the arc", _FIRST, 0.2
        ),
        "relaxation_decades": Telling(
            Kind.NUMBER, "The spread of the relaxations", "", 0.2, "decades"
        ),
        "slow_share": Telling(Kind.SHARE, "What relaxes below 1 Hz", "the arcs' resistance", 0.05),
        "delta_admittance": Telling(
            Kind.SHARE,
            "The admittance's rise since the first spectrum",
            "what the whole cell conducted then",
            0.05,
        ),
        "delta_imaginary": Telling(
            Kind.SHARE, "The imaginary part of the admittance's rise", "that rise", 0.15
        ),
        "inductive_fraction": Telling(
            Kind.SHARE, "The inductive part of the spectrum (Im Z > 0)", "its points", 0.1
        ),
        "arc_over_real": Telling(Kind.SHARE, "The height of the arc", "the resistance", 0.02),
        "kramers_kronig_residual": Telling(
            Kind.SHARE, "The residual of the Kramers–Kronig test", "the impedance", 0.005
        ),
        "ln_low_over_cycling": Telling(Kind.RATIO, _LOW, "V/I of the cycling before it", 0.15),
        "ln_low_over_floor": Telling(Kind.RATIO, _LOW, "that of the bare electrolyte", 0.05),
        "pair_fraction": Telling(
            Kind.SHARE,
            "The electronic part of the current, from the spectrum and the first one together,",
            "",
            0.1,
        ),
        "pair_short_probability": Telling(
            Kind.SHARE, "The probability of a short, from the pair of spectra,", "", 0.3
        ),
    }.items()
}
"""What the features say, for :mod:`softbreak.features.explain`; those that only serve a model
(misfits, standard deviations, absolute frequencies) are not told."""
