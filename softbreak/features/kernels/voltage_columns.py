"""The columns of the voltage features, in their order."""

from __future__ import annotations

from typing import Final, NamedTuple


class Columns(NamedTuple):
    """Where each feature stands in a row; what each means: ``voltage.FEATURES``."""

    # level: what the half-cycle was
    duration_second: int
    charge_ampere_second: int
    energy_joule: int
    current_ampere: int
    mean_voltage_volt: int
    median_voltage_volt: int
    late_voltage_volt: int
    resistance_ohm: int
    late_resistance_ohm: int
    scatter_volt: int
    temperature_celsius: int
    temperature_span_kelvin: int
    # quality: how it was recorded
    samples: int
    missing_share: int
    sampling_irregularity: int
    longest_interval_share: int
    resolution_ratio: int
    repeated_share: int
    below_offset_share: int
    reverse_share: int
    current_scatter: int
    late_current_ratio: int
    # shape
    first_sample_ratio: int
    first_ratio: int
    last_ratio: int
    late_ratio: int
    mean_ratio: int
    reversal_hysteresis: int
    net_change: int
    early_rise: int
    late_rise: int
    slope: int
    curvature: int
    rectangularity: int
    detrended_scatter: int
    plateau_share: int
    skewness: int
    kurtosis: int
    # extent
    smallest_ratio: int
    quantile_05: int
    quantile_10: int
    quantile_25: int
    quantile_75: int
    quantile_90: int
    quantile_95: int
    largest_ratio: int
    quantile_skewness: int
    # steps
    step_scatter: int
    largest_drop: int
    largest_rise: int
    largest_drop_sigmas: int
    largest_rise_sigmas: int
    lasting_drop: int
    drop_persistence: int
    drop_phase: int
    drops: int
    rises: int
    outlying_share: int
    jump_share: int
    drawdown: int
    drawup: int
    path_ratio: int
    directness: int
    step_autocorrelation: int
    # two levels, noise, relaxation
    two_level_gain: int
    low_occupancy: int
    level_split: int
    level_crossings: int
    variogram_exponent: int
    noise_ratio: int
    impulsiveness: int
    relaxation_amplitude: int
    relaxation_time: int


C: Final = Columns(*range(len(Columns._fields)))
