"""What is said of each voltage feature: the table behind ``voltage.FEATURES``.

A row holds name, unit, formula, source, where it goes under healthy ageing, soft and hard
breakdown, and where each confounder moves it (a warmer cell, better contact, more pressure, a
growing interphase, voids, a larger current, another sampling rule).
"""

from __future__ import annotations

from typing import Final

_JOULE: Final = "10.1016/j.joule.2022.05.020"
_OWN: Final = "convention"
_ROBUST: Final = "10.1080/01621459.1974.10482962"  # median deviation as a measure of scatter
_OTSU: Final = "10.1109/TSMC.1979.4310076"  # the split of largest variance between two classes
_VARIOGRAM: Final = "10.2113/gsecongeo.58.8.1246"
_FLICKER: Final = "Counihan et al., Joule 2024: dynamic soft shorts"
_FLAT: Final = "Menkin et al., Faraday Discuss. 2023: rectangular traces"

_LEVEL: Final = "temperature:down contact:down pressure:down growth:up voids:up"
_NOISE: Final = "current:down sampling:either"
_TAIL: Final = "temperature:either contact:either voids:up sampling:either"
_ABRUPT: Final = "contact:either current:either sampling:either"

Row = tuple[str, str, str, str, str, str]

LEVEL: Final[tuple[Row, ...]] = (
    ("duration_second", "s", "t_last − t_first", _OWN, "none none none", "current:either"),
    ("charge_ampere_second", "A s", "∫|I| dt", _OWN, "none none none", "current:either"),
    ("energy_joule", "J", "∫V|I| dt", _OWN, "up down down", _LEVEL + " current:up"),
    ("current_ampere", "A", "mean |I| over time", _OWN, "none none none", "current:up"),
    ("mean_voltage_volt", "V", "mean V over time", _JOULE, "up down down", _LEVEL + " current:up"),
    (
        "median_voltage_volt",
        "V",
        "median V over time; its size is V₀ below",
        _JOULE,
        "up down down",
        _LEVEL + " current:up",
    ),
    (
        "late_voltage_volt",
        "V",
        "mean V of the second half of the duration",
        _JOULE,
        "up down down",
        _LEVEL + " current:up",
    ),
    (
        "resistance_ohm",
        "Ω",
        "mean V / mean |I|",
        _JOULE,
        "up down down",
        _LEVEL + " current:either",
    ),
    (
        "late_resistance_ohm",
        "Ω",
        "mean V / mean |I|, second half",
        _JOULE,
        "up down down",
        _LEVEL + " current:either",
    ),
    (
        "scatter_volt",
        "V",
        "σ = 1.4826 median |V_k − line through its neighbours|, one sample's; ≥ ΔV_min/√12",
        _ROBUST,
        "none up flat",
        "current:up sampling:either",
    ),
    (
        "temperature_celsius",
        "°C",
        "mean T over time, where it was logged",
        _OWN,
        "none none none",
        "temperature:up",
    ),
    (
        "temperature_span_kelvin",
        "K",
        "T_max − T_min",
        _OWN,
        "none none none",
        "temperature:either sampling:either",
    ),
)

QUALITY: Final[tuple[Row, ...]] = (
    ("samples", "1", "number of samples", _OWN, "none none none", "sampling:either"),
    (
        "missing_share",
        "1",
        "samples without a usable V, I or t, as a share",
        _OWN,
        "none none none",
        "sampling:either",
    ),
    (
        "sampling_irregularity",
        "1",
        "sd Δt / mean Δt",
        _OWN,
        "none up flat",
        "current:either sampling:either",
    ),
    (
        "longest_interval_share",
        "1",
        "max Δt / duration",
        _OWN,
        "none none none",
        "sampling:either",
    ),
    (
        "resolution_ratio",
        "1",
        "smallest |ΔV| > 0, over V₀",
        _OWN,
        "down up up",
        "growth:down current:down sampling:either",
    ),
    (
        "repeated_share",
        "1",
        "samples equal to the one before, as a share",
        _OWN,
        "none none up",
        "current:down sampling:either",
    ),
    (
        "below_offset_share",
        "1",
        "share of the time with |V| < 1 mV",
        _JOULE,
        "flat up up",
        "current:down",
    ),
    (
        "reverse_share",
        "1",
        "share of the time with V against the current",
        _OWN,
        "flat up up",
        "current:down",
    ),
    ("current_scatter", "1", "sd |I| / mean |I|", _OWN, "flat flat flat", "current:either"),
    (
        "late_current_ratio",
        "1",
        "mean |I| of the second half / mean |I|; < 1 where a voltage limit took over",
        _OWN,
        "flat flat flat",
        "growth:down voids:down current:either",
    ),
)

SHAPE: Final[tuple[Row, ...]] = (
    (
        "first_sample_ratio",
        "1",
        "very first V after the reversal / V₀",
        _OWN,
        "either either flat",
        _TAIL + " current:either",
    ),
    ("first_ratio", "1", "mean of the first 3 V / V₀", _OWN, "either up flat", _TAIL),
    ("last_ratio", "1", "mean of the last 3 V / V₀", _OWN, "up down flat", _TAIL),
    ("late_ratio", "1", "mean V of the second half / V₀", _OWN, "up down flat", _TAIL),
    ("mean_ratio", "1", "mean V / V₀", _OWN, "either either flat", _TAIL),
    (
        "reversal_hysteresis",
        "1",
        "(first 3 V − last 3 V) / V₀: what a reversal undoes",
        _OWN,
        "down up flat",
        "temperature:either contact:up voids:down sampling:either",
    ),
    ("net_change", "1", "(V_last − V_first) / V₀", _OWN, "up down flat", _TAIL),
    ("early_rise", "1", "(mean V of quarter 2 − of quarter 1) / V₀", _OWN, "up down flat", _TAIL),
    ("late_rise", "1", "(mean V of quarter 4 − of quarter 3) / V₀", _OWN, "up down flat", _TAIL),
    (
        "slope",
        "1",
        "least squares of V over t/duration, / V₀",
        _OWN,
        "up down flat",
        "temperature:either contact:down pressure:down voids:up",
    ),
    (
        "curvature",
        "1",
        "least-squares b of V = a + c u + b u², u = t/duration, / V₀",
        _OWN,
        "up either flat",
        "temperature:either voids:up",
    ),
    (
        "rectangularity",
        "1",
        "1 − sd V / V₀",
        _FLAT,
        "down either up",
        "temperature:either voids:down current:either",
    ),
    (
        "detrended_scatter",
        "1",
        "sd of V about that parabola, / V₀",
        _OWN,
        "flat up either",
        "temperature:up contact:up current:either sampling:either",
    ),
    (
        "plateau_share",
        "1",
        "share of the time within ± 5 % of the median",
        _FLAT,
        "down either up",
        "temperature:down voids:down",
    ),
    ("skewness", "1", "third central moment / sd³ of V", _OWN, "up either flat", _TAIL),
    ("kurtosis", "1", "fourth central moment / sd⁴ of V, − 3", _OWN, "either up flat", _TAIL),
)

EXTENT: Final[tuple[Row, ...]] = (
    ("smallest_ratio", "1", "min V / V₀", _OWN, "flat down either", _TAIL),
    *(
        (
            f"quantile_{share:02d}",
            "1",
            f"V that {share} % of the time stays below or at / V₀",
            _OWN,
            "down down flat" if share < 50 else "up up flat",
            _TAIL,
        )
        for share in (5, 10, 25, 75, 90, 95)
    ),
    ("largest_ratio", "1", "max V / V₀", _OWN, "up up either", _TAIL),
    (
        "quantile_skewness",
        "1",
        "(q₉₀ + q₁₀ − 2 q₅₀) / (q₉₀ − q₁₀)",
        _OWN,
        "up either flat",
        _TAIL,
    ),
)

STEPS: Final[tuple[Row, ...]] = (
    (
        "step_scatter",
        "1",
        "σ_d = 1.4826 median |Δ ln V|, from sample to sample; ≥ ΔV_min/V₀",
        _ROBUST,
        "flat up up",
        _NOISE,
    ),
    ("largest_drop", "1", "min Δ ln V of one sample (≤ 0)", _JOULE, "flat down either", _ABRUPT),
    ("largest_rise", "1", "max Δ ln V of one sample (≥ 0)", _JOULE, "flat up either", _ABRUPT),
    ("largest_drop_sigmas", "1", "|largest drop| / σ_d", _JOULE, "flat up flat", _ABRUPT),
    ("largest_rise_sigmas", "1", "largest rise / σ_d", _JOULE, "flat up flat", _ABRUPT),
    (
        "lasting_drop",
        "1",
        "median ln V of 4 samples after the largest drop − of 4 before",
        _JOULE,
        "flat down flat",
        _ABRUPT,
    ),
    (
        "drop_persistence",
        "1",
        "lasting drop / largest drop",
        _JOULE,
        "none up none",
        _ABRUPT,
    ),
    ("drop_phase", "1", "(t of the largest drop − t₀) / duration", _OWN, "none none none", _ABRUPT),
    (
        "drops",
        "1",
        "steps with Δ ln V < − max(8 %, 6 σ_d)",
        _JOULE,
        "flat up flat",
        _ABRUPT,
    ),
    ("rises", "1", "steps with Δ ln V > max(8 %, 6 σ_d)", _FLICKER, "flat up flat", _ABRUPT),
    ("outlying_share", "1", "share of the steps beyond 6 σ_d", _FLICKER, "flat up flat", _ABRUPT),
    (
        "jump_share",
        "1",
        "Σ(Δ ln V)² of the steps beyond 6 σ_d / that of all",
        _FLICKER,
        "flat up flat",
        _ABRUPT,
    ),
    ("drawdown", "1", "max ln(highest V so far / V)", _OWN, "either up up", _TAIL),
    ("drawup", "1", "max ln(V / lowest V so far)", _OWN, "up up up", _TAIL),
    ("path_ratio", "1", "Σ|ΔV| / V₀", _OWN, "up up up", _NOISE + " voids:up"),
    (
        "directness",
        "1",
        "(V_last − V_first) / Σ|ΔV|: ± 1 where V only rises or falls",
        _OWN,
        "up down flat",
        _TAIL,
    ),
    (
        "step_autocorrelation",
        "1",
        "Σ d_k d_k₊₁ / Σ d_k², d = Δ ln V: −½ for white noise, 0 for steps, 1 for drift",
        _OWN,
        "up either flat",
        _NOISE + " voids:up",
    ),
)

STATES: Final[tuple[Row, ...]] = (
    (
        "two_level_gain",
        "1",
        "½ ln((s²_line + ε²) / (s²_two levels + ε²)), ε² = 10⁻⁸ (V₀² + s²): log-likelihood a "
        "sample; "
        "the best of 127 splits",
        _OTSU,
        "down up flat",
        "temperature:either contact:up voids:down",
    ),
    (
        "low_occupancy",
        "1",
        "share of the time in the lower of the two levels",
        _FLICKER,
        "none either none",
        _TAIL,
    ),
    (
        "level_split",
        "1",
        "(mean of the upper − of the lower level) / V₀",
        _FLICKER,
        "up up either",
        _TAIL,
    ),
    (
        "level_crossings",
        "1",
        "steps beyond 6 σ_d from one of the two levels to the other",
        _FLICKER,
        "flat up flat",
        _ABRUPT,
    ),
    (
        "variogram_exponent",
        "1",
        "slope of ln mean (r_k₊ₘ − r_k)² over ln m, m = 1, 2, 4, 8; r = V less its parabola. "
        "0 for white noise, 1 for a telegraph or a random walk, 2 for drift",
        _VARIOGRAM,
        "either up down",
        "temperature:up current:either sampling:either",
    ),
    ("noise_ratio", "1", "σ / V₀: one sample's scatter", _ROBUST, "down up up", _NOISE),
    (
        "impulsiveness",
        "1",
        "root mean square / 1.4826 median size of V_k − line through its neighbours",
        _ROBUST,
        "flat up flat",
        _ABRUPT,
    ),
    (
        "relaxation_amplitude",
        "1",
        "(first 3 V − line of the second half at t₀) / V₀; negative where V builds up",
        _OWN,
        "either either flat",
        "temperature:either contact:either voids:up current:either sampling:either",
    ),
    (
        "relaxation_time",
        "1",
        "∫₀^½ (V − that line) dt / (its height × duration): τ of an exponential over the duration",
        _OWN,
        "either either none",
        "temperature:down voids:up current:either sampling:either",
    ),
)
