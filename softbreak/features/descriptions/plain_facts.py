"""What a model looked at, as a colleague would say it: one clause a feature, and no symbol."""

from __future__ import annotations

import math
from typing import Final

from softbreak.features.descriptions.cycle_facts import CYCLE_FACTS
from softbreak.features.descriptions.fact import Fact

_BARE: Final = "that of the bare electrolyte"
_FLOOR: Final = (
    f"V/I is {{p}} lower than {_BARE}",
    f"V/I is about {_BARE}",
    f"V/I is above {_BARE}",
)
_SPECTRUM: Final = (
    "the spectrum's low-frequency resistance has fallen by {p}",
    "the spectrum's low-frequency resistance is what it was",
    "the spectrum's low-frequency resistance has grown by {p}",
)
_PAIR: Final = (
    "",
    "the pair of spectra shows no electronic path",
    "the pair of spectra points to {s} of electronic current",
)
_EVERYWHERE: Final = (
    "",
    "the admittance did not rise at high frequency",
    "the admittance rose at high frequency too",
)
_CHORD: Final = (
    "V/I of the voltammogram has fallen by {p}",
    "V/I of the voltammogram is what it was",
    "V/I of the voltammogram has grown by {p}",
)
_SHAPE: Final = (
    "the voltammogram became straighter",
    "the voltammogram kept its shape",
    "the voltammogram became less straight",
)
_AGE: Final = ("", "{0} is new", "{0} is {n} cycles old")


def _aged(what: str) -> tuple[str, str, str]:
    return ("", _AGE[1].replace("{0}", what), _AGE[2].replace("{0}", what))


MEASUREMENT_FACTS: Final[dict[str, Fact]] = {
    "eis_over_floor": Fact("floor", *_FLOOR),
    "eis_eta": Fact("pair", *_PAIR, 0.05),
    "eis_lower": Fact("pair", *_PAIR, 0.05),
    "eis_upper": Fact("pair", *_PAIR, 0.05),
    "eis_probability": Fact(
        "pair",
        "",
        "the pair of spectra rules a short out",
        "the pair of spectra allows a short",
        0.1,
    ),
    "eis_ln_growth": Fact(
        "pair growth",
        "the spectra show that the interfaces shrank",
        "the spectra show interfaces as at first",
        "the spectra show that the interfaces grew by {p}",
    ),
    "eis_trusted": Fact(
        "trust",
        "",
        "the pair of spectra is not conclusive",
        "the pair of spectra is conclusive",
        0.5,
    ),
    "eis_wire": Fact("wire", "", "the spectrum shows an arc", "the spectrum is a wire's", 0.5),
    "eis_ln_residual": Fact(
        "quality",
        "the spectrum is of good quality",
        "the spectrum is of doubtful quality",
        "the spectrum is of doubtful quality",
        0.0,
        -3.9,
    ),
    "eis_high_change": Fact(
        "high end",
        "the spectrum's high-frequency resistance has fallen by {p}",
        "the spectrum's high-frequency resistance is what it was",
        "the spectrum's high-frequency resistance has grown by {p}",
    ),
    "eis_low_change": Fact("low end", *_SPECTRUM),
    "eis_low_step": Fact("low end", *_SPECTRUM),
    "eis_arc_change": Fact(
        "low end",
        "the spectrum's arc has shrunk by {p}",
        "the spectrum's arc is what it was",
        "the spectrum's arc has grown by {p}",
    ),
    "eis_high_share": Fact(
        "arc",
        "",
        "the spectrum is nearly all arc",
        "the arc is small beside the spectrum's start",
        0.5,
    ),
    "eis_admittance_low": Fact(
        "low end",
        "the admittance fell at low frequency",
        "the admittance at low frequency is what it was",
        "the admittance rose at low frequency",
    ),
    "eis_admittance_high": Fact("everywhere", *_EVERYWHERE),
    "eis_flatness": Fact(
        "everywhere",
        "",
        "the admittance did not rise alike at every frequency",
        "the admittance rose alike at every frequency",
        0.5,
    ),
    "eis_warming": Fact(
        "spectrum temperature",
        "the spectrum was taken colder than the first",
        "the spectra were taken equally warm",
        "the spectrum was taken warmer than the first",
        0.1,
    ),
    "cv_chord_change": Fact("chord", *_CHORD),
    "cv_chord_step": Fact("chord", *_CHORD),
    "cv_chord_over_maximum": Fact(
        "chord",
        "V/I of the voltammogram lies {p} below its largest",
        "V/I of the voltammogram has not fallen",
        "V/I of the voltammogram has not fallen",
    ),
    "cv_linearity_change": Fact("shape", *_SHAPE, 0.002),
    "cv_curvature_change": Fact("shape", *_SHAPE),
    "cv_hysteresis_change": Fact(
        "shape",
        "the two sweeps of the voltammogram came closer",
        "the two sweeps of the voltammogram are as far apart as before",
        "the two sweeps of the voltammogram moved apart",
    ),
    "cv_largest_jump": Fact(
        "jump",
        "",
        "the current of the voltammogram does not jump",
        "the current of the voltammogram jumps",
        0.03,
    ),
    "eis_age": Fact("eis age", *_aged("the newest spectrum"), 0.5),
    "cv_age": Fact("cv age", *_aged("the newest voltammogram"), 0.5),
}
"""By the names of a model's inputs."""


FACTS: Final[dict[str, Fact]] = {**CYCLE_FACTS, **MEASUREMENT_FACTS}


def topic_of(name: str) -> str:
    """Return what a feature is about: of two that are about one thing, one is told."""
    fact = FACTS.get(name)
    return fact.topic if fact else name


def plain_fact(name: str, value: float) -> str:
    """Put the value of a model's input into a clause.

    Parameters
    ----------
    name : str
        One of :data:`softbreak.models.learned.model_inputs.COLUMNS`.
    value : float
        Finite.

    Returns
    -------
    str
        Without a full stop; empty where there is nothing that a person could check.
    """
    fact = FACTS.get(name)
    if fact is None or not math.isfinite(value):
        return ""
    return fact.clause(value)
