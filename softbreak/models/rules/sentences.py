"""What the voltage rule says in words: a sentence a reason, with its numbers.

The words of the rules for spectra, CVs, other cells and faulty channels stand beside these rules;
what is said of a whole cell in :mod:`softbreak.models.diagnosis.summary`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import numpy as np

from softbreak.models.rules.kernels import codes
from softbreak.models.rules.spoken_numbers import bare, hours, ohm, percent
from softbreak.models.shown import (
    CHANGE,
    EXACT,
    FACTS,
    OHM,
    PERCENT,
    REST,
    UNUSED,
    WHOLE,
)
from softbreak.models.verdicts import TOLD, Wording
from softbreak.verdict import HARD_FROM, HEALTHY_BELOW


def normal_cdf(z: float) -> float:
    """Standard normal distribution function."""
    return 0.5 * math.erfc(-z / math.sqrt(2.0))


def state_probabilities(eta: float, deviation: float, trust: float) -> tuple[float, float, float]:
    """Probabilities of healthy, soft and hard from an estimate of η_e.

    Parameters
    ----------
    eta, deviation : float
        Estimate of the electronic fraction and its standard deviation.
    trust : float
        0 to 1: weight of the estimate against knowing nothing (⅔ healthy, ¼ soft, 1/12 hard).
    """
    deviation = max(deviation, 1e-3)
    healthy = normal_cdf((HEALTHY_BELOW - eta) / deviation)
    hard = normal_cdf((eta - HARD_FROM) / deviation)
    soft = max(1.0 - healthy - hard, 0.0)
    rest = 1.0 - trust
    mixed = (
        trust * healthy + rest * 2 / 3,
        trust * soft + rest / 4,
        trust * hard + rest / 12,
    )
    total = sum(mixed)
    return mixed[0] / total, mixed[1] / total, mixed[2] / total


_EIS_WANTED: Final = (
    "Impedance now and compare with a spectrum from before the drop: a healed short restores "
    "the low-frequency arc."
)
_WISHES: Final = {
    codes.LOST: "Measure with a smaller voltage range, or at a larger current.",
    codes.NEGATIVE: "Check the leads and the sign of the voltage; measure the offset with the "
    "leads shorted.",
    codes.THIN: "State thickness and ionic conductivity of the electrolyte (manifest), or measure "
    "impedance from 1 MHz to 0.1 Hz: a short shows no arc.",
    codes.FAR: "Cycle or take impedance at the temperature of the first cycles; or fit the "
    "temperature series.",
    codes.GROWN: "Impedance now and compare with a spectrum from the start, or a temperature "
    "series (−20 to 40 °C): either tells ionic growth from a short.",
    codes.FALLEN: "Impedance now and compare with an earlier spectrum (a short shrinks the low-"
    "frequency arc most), or a temperature series; log the temperature.",
    codes.SHIFTED: "Return to the first current: a healthy cell returns to its first V/I.",
    codes.DOUBTED: "Log the temperature, and take an impedance spectrum to compare with an "
    "earlier one.",
    codes.BELOW: "Check area, thickness, conductivity and temperature of the electrolyte; "
    "impedance from 1 MHz to 0.1 Hz shows whether there is an arc.",
    codes.RETURNED: _EIS_WANTED,
    codes.FAINT: _EIS_WANTED,
}
"""What would settle a cycle that is left open."""


MISSTATED_WANTED: Final = (
    "Check area, thickness and conductivity of the electrolyte; impedance from 1 MHz to 0.1 Hz "
    "shows whether there is an arc."
)
LEARNED_WANTED: Final = (
    "Impedance now and compare with a spectrum from the start, or a temperature series "
    "(−20 to 40 °C)."
)
TEXTS: Final = codes.shared_texts(_WISHES, MISSTATED_WANTED, LEARNED_WANTED)
"""Names of evidence and wishes, where compiled code says that they are."""


def rule_sentence(area_cm2: float | None, words: int, *told: float) -> str:
    """Put a piece of the rule's evidence into words.

    Parameters
    ----------
    area_cm2 : float or None
        Resistances are told per area where it is known.
    words : int
        A reason, or what else :mod:`softbreak.models.rules.kernels.codes` knows.
    *told : float
        Its numbers, as they are shown.
    """
    ohms = _OHMS.get(words)
    if ohms is None:
        return _TOLD[words](*told)
    shown: list[float | str] = list(told)
    for place, say in ohms.items():
        shown[place] = say(told[place], area_cm2)
    return _TOLD[words](*shown)


def _dropped(change: float, time: float, before: str, after: str, *_: float) -> str:
    """The drop, in the cycle in which it happened."""
    return (
        f"V/I fell by {percent(1 - math.exp(change))} within one sample at "
        f"{hours(time)} ({before} to {after}) and "
        "did not come back in the next ones: an ionic resistance cannot do that."
    )


def lost_creep(left: float, *_: float) -> str:
    """Return what a slow polarisation that fell says, as a sentence.

    Parameters
    ----------
    left : float
        Its share of what it was at first.
    """
    return (
        f"The slow rise of the voltage within a half-cycle is {percent(left)} of what it was at "
        "first: a short that hides behind growth would look like this."
    )


def _stepped(change: float, time: float, usual: float, *_: float) -> str:
    return f"{_fell(change, time)}; ordinary changes are {percent(usual)} a cycle."


def _ended(time: float, *_: float) -> str:
    return (
        f"The short before ended as abruptly as it came (in the cycle of {hours(time)}): V/I is "
        "back at its level."
    )


def _certificate(resistance: str, floor: str, least: float, *_: float) -> str:
    return (
        f"V/I is {resistance}, but the bare electrolyte alone would have "
        f"{floor}: at least {percent(least)} of the current is electronic."
    )


def _fell(change: float, time: float) -> str:
    return f"V/I fell by {percent(1 - math.exp(change))} from the cycle before (at {hours(time)})"


def _areal(areal: float, stated: float) -> str:
    return f"{areal:.2g} Ω cm²" if stated else f"{ohm(areal)} (area unknown)"


def _dead(areal: float, stated: float, *_: float) -> str:
    return (
        f"V/I is {_areal(areal, stated)} from the first cycle on: less than any solid separator "
        "has; a wire would look like this."
    )


def _conducting(fallen: float, _: float, rose: float, *__: float) -> str:
    return (
        f"V/I first grew by {percent(math.exp(rose) - 1)} and then fell slowly by "
        f"{percent(fallen)} below its maximum: so deep a fall after growth is the mark of "
        "an interphase that turned conducting."
    )


_EXPLAINS: Final = {
    codes.STEPPED_EARLY: "; in the first cycles better contact does that too",
    codes.STEPPED_UNLOGGED: "; without a logged temperature a warmer cell looks the same",
    codes.STEPPED_MOVING: "; the temperature moved meanwhile, and a probe lags behind its cell",
}


def _doubt(kind: float, change: float, time: float, *_: float) -> str:
    if kind == codes.CREPT:
        return (
            "V/I crept back to its level before the drop: the short may have healed, or "
            "a growing interphase hides it."
        )
    return f"{_fell(change, time)}{_EXPLAINS[int(kind)]}."


def _steady(resistance: str, growth: float, celsius: float, first: float, *_: float) -> str:
    corrected = (
        ""
        if math.isnan(celsius)
        else f" (taken from {celsius:.0f} °C to the {first:.0f} °C of the beginning)"
    )
    return (
        f"V/I late in its half-cycles is {resistance}, {percent(abs(math.exp(growth) - 1))} "
        f"{'above' if growth >= 0 else 'below'} its first cycles{corrected}, without an abrupt "
        "drop."
    )


def _only_grew(grown: float, left: float, upper: float, *_: float) -> str:
    return (
        f"V/I has grown by {percent(grown)} over its first cycles, but the slow rise of the "
        f"voltage within a half-cycle stands at {percent(left)} of what it was: that bounds η_e to "
        f"{percent(upper)}, however the slow part aged."
    )


def _creep_fell(fallen: float, left: float, *_: float) -> str:
    return (
        f"V/I fell slowly by {percent(fallen)}, and the slow rise of the voltage within a "
        f"half-cycle is left at {percent(left)} of what it was: electrons beside the ions take "
        "both, better contact does not."
    )


_OHMS: Final[dict[int, dict[int, Callable[..., str]]]] = {
    codes.NEGATIVE: {0: ohm},
    codes.STEADY: {0: ohm},
    codes.STEADY_CORRECTED: {0: ohm},
    codes.FIRST: {0: ohm},
    codes.BELOW: {0: ohm, 1: bare},
    codes.DROPPED: {2: ohm, 3: ohm},
    codes.CERTIFICATE: {0: ohm, 1: bare},
}
"""Which of the numbers are resistances (Ω), told with their unit: the cell's, or the bare
electrolyte's."""
_TOLD: Final[dict[int, Callable[..., str]]] = {
    codes.MISSING: lambda *_: (
        "no voltage or no current was measured in this cycle, or the voltage stood still or ran "
        "against the current."
    ),
    codes.LOST: lambda noise, *_: (
        f"the voltage scatters by {percent(noise)} of its mean: V/I is lost in the noise."
    ),
    codes.NEGATIVE: lambda resistance, *_: (
        f"V/I is {resistance}: the voltage runs against the current, or is "
        "lost in the cycler's offset."
    ),
    codes.ONE_SIDED: lambda *_: (
        "this cycle has one direction of the current only, which cannot be compared with "
        "whole cycles."
    ),
    codes.DEAD: _dead,
    codes.THIN: lambda areal, stated, *_: (
        f"V/I is only {_areal(areal, stated)} from the first cycle on: a thin separator, or "
        "shorted at assembly."
    ),
    codes.FAR: lambda _a, _b, celsius, first, *_: (
        f"at {celsius:.0f} °C, far from the {first:.0f} °C of its first cycles, V/I cannot be "
        "compared."
    ),
    codes.GROWN: lambda grown, hidden, *_: (
        f"V/I has grown by {percent(grown)} over its first cycles: a growing ionic resistance "
        f"could hide an electronic fraction of up to {percent(hidden)}."
    ),
    codes.FALLEN: lambda fallen, *_: (
        f"V/I lies {percent(fallen)} below its maximum and no abrupt drop was seen: a conducting "
        "interphase, better contact or warmth would all look like this."
    ),
    codes.CONDUCTING: _conducting,
    codes.SHIFTED: lambda shift, *_: (
        f"V/I changed by {percent(abs(math.expm1(shift)))} when current or duration of "
        "the half-cycles changed: charge transfer does that, and so does a short."
    ),
    codes.DOUBTED: _doubt,
    codes.STEADY: lambda resistance, growth, *_: _steady(resistance, growth, math.nan, math.nan),
    codes.STEADY_CORRECTED: _steady,
    codes.FIRST: lambda resistance, *_: (
        f"V/I late in its half-cycles is {resistance} without an abrupt drop; there is no earlier "
        "cycle to compare with."
    ),
    codes.SHORT: lambda share, time, *_: (
        f"V/I is {percent(1 - share)} below its level before the drop at {hours(time)}."
    ),
    codes.RETURNED: _doubt,
    codes.ONLY_GREW: _only_grew,
    codes.CREEP_FELL: _creep_fell,
    codes.BELOW: lambda resistance, floor, *_: (
        f"V/I is {resistance}, the bare electrolyte alone would have {floor}: "
        "either electrons flow, or the cell's numbers are misstated."
    ),
    codes.FAINT: lambda eta, time, *_: (
        f"V/I stands {percent(max(eta, 0.0))} below its level before the drop at "
        f"{hours(time)}: too little to tell a short from better contact."
    ),
    codes.DROPPED: _dropped,
    codes.STEPPED: _stepped,
    codes.ENDED: _ended,
    codes.CERTIFICATE: _certificate,
    codes.CREEP_LOST: lost_creep,
}
"""What is said of a cycle, by reason."""


def manner_of(told: Mapping[int, Sequence[int]], words: int) -> np.ndarray:
    """Return how the numbers of all words are shown.

    Parameters
    ----------
    told : mapping of int to sequence of int
        By words: see :mod:`softbreak.models.shown`; what is not named is not shown.
    words : int
        How many there are.
    """
    manner = np.zeros((words, TOLD), dtype=np.int64)
    for word, shown in told.items():
        manner[word, : len(shown)] = shown
    return manner


RULE_MANNER: Final[dict[int, tuple[int, ...]]] = {
    codes.LOST: (PERCENT,),
    codes.NEGATIVE: (OHM,),
    codes.DEAD: (EXACT, EXACT),
    codes.THIN: (EXACT, EXACT),
    codes.FAR: (UNUSED, UNUSED, WHOLE, WHOLE),
    codes.GROWN: (PERCENT, PERCENT),
    codes.FALLEN: (PERCENT,),
    codes.CONDUCTING: (PERCENT, UNUSED, CHANGE),
    codes.SHIFTED: (CHANGE,),
    codes.DOUBTED: (EXACT, CHANGE, EXACT),
    codes.STEADY: (OHM, CHANGE),
    codes.STEADY_CORRECTED: (OHM, CHANGE, WHOLE, WHOLE),
    codes.FIRST: (OHM,),
    codes.SHORT: (REST, EXACT),
    codes.RETURNED: (EXACT, CHANGE, EXACT),
    codes.BELOW: (OHM, OHM),
    codes.FAINT: (PERCENT, EXACT),
    codes.DROPPED: (CHANGE, EXACT, OHM, OHM),
    codes.STEPPED: (CHANGE, EXACT, PERCENT),
    codes.ENDED: (EXACT,),
    codes.CERTIFICATE: (OHM, OHM, PERCENT),
    codes.ONLY_GREW: (PERCENT, PERCENT, PERCENT),
    codes.CREEP_FELL: (PERCENT, PERCENT),
    codes.CREEP_LOST: (PERCENT,),
}
"""How the numbers of the rule's words are shown."""
RULE_WORDING: Final = Wording.of(
    rule_sentence, manner_of(RULE_MANNER, codes.MISSTATED), np.zeros(0, FACTS)
)
