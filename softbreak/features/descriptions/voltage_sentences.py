"""How voltage and history are put into words; what only serves a model is not told."""

from __future__ import annotations

from typing import Final

from softbreak.features.descriptions.sentence import Kind, Telling

_HALF: Final = "the half-cycle"
_CORRECTED: Final = "The resistance, corrected for what was logged of temperature and current,"
_MEDIAN: Final = "its median"

TELLINGS: Final[dict[str, Telling]] = {
    "resistance_ohm": Telling(Kind.LEVEL, "The cell's resistance V/I", scatter=0.05, unit="Ω"),
    "temperature_celsius": Telling(Kind.NUMBER, "The temperature", scatter=1.0, unit="°C"),
    "noise_ratio": Telling(Kind.SHARE, "The scatter of one voltage sample", "the voltage", 0.005),
    "below_offset_share": Telling(
        Kind.SHARE, "The time for which the voltage is below 1 mV", _HALF, 0.05
    ),
    "reverse_share": Telling(
        Kind.SHARE, "The time for which the voltage stands against the current", _HALF, 0.02
    ),
    "slope": Telling(Kind.SHARE, "The voltage's rise over a half-cycle", _MEDIAN, 0.03),
    "plateau_share": Telling(Kind.SHARE, "The time within 5 % of the median voltage", _HALF, 0.08),
    "detrended_scatter": Telling(
        Kind.SHARE, "The unsteadiness of the voltage about its trend", _MEDIAN, 0.01
    ),
    "reversal_hysteresis": Telling(
        Kind.SHARE,
        "What the voltage loses from a half-cycle's first to its last samples",
        _MEDIAN,
        0.03,
        about="The voltage's rise over a half-cycle",
    ),
    "relaxation_amplitude": Telling(
        Kind.SHARE, "The transient after the reversal", "the voltage", 0.03
    ),
    "drops": Telling(
        Kind.NUMBER, "The number of abrupt drops of the voltage in a half-cycle", scatter=0.34
    ),
    "rises": Telling(
        Kind.NUMBER, "The number of abrupt rises of the voltage in a half-cycle", scatter=0.34
    ),
    "level_crossings": Telling(
        Kind.NUMBER, "The number of jumps between two levels of the voltage", scatter=0.34
    ),
    "cycle_x_over_base": Telling(
        Kind.LOGARITHM, _CORRECTED, "in the cell's first cycles", 0.05, about="level"
    ),
    "cycle_x_over_median_5": Telling(
        Kind.LOGARITHM, _CORRECTED, "the median of the last five cycles", 0.05, about="step"
    ),
    "cycle_x_over_floor": Telling(
        Kind.RATIO, "The resistance", "that of the bare electrolyte", 0.05, about="floor"
    ),
    "cycle_asymmetry_size": Telling(
        Kind.SHARE, "The difference between the two current directions", "the voltage", 0.02
    ),
    "cycle_excursions": Telling(
        Kind.NUMBER, "The number of drops that came back at once", scatter=0.34
    ),
    "cycle_activation_energy": Telling(
        Kind.NUMBER, "The activation energy that the resistance shows", scatter=0.05, unit="eV"
    ),
}
"""By the features' names, for :mod:`softbreak.features.explain`."""
