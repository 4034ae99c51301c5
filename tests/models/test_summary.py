"""A cell's sentence."""

import math

import pytest

from softbreak.models.diagnosis.summary import _sentence
from softbreak.models.rules.spoken_numbers import hours, lasting
from softbreak.models.verdicts import Verdicts
from softbreak.verdict import Basis, Evidence, State, judged, undetermined


def healthy(found):
    return judged(State.HEALTHY, (0.01, 0.0, 0.04), (0.98, 0.02, 0.0), (found,))


def test_one_open_cycle_is_told_in_the_singular_and_its_reason_begins_a_sentence():
    verdicts = Verdicts.of([undetermined("this is not a symmetric cell", "")])
    said = _sentence(State.UNDETERMINED, verdicts, None, math.nan)
    assert said == "Undetermined: 1 of 1 cycle is left open. This is not a symmetric cell."


@pytest.mark.parametrize(
    ("growth", "words"),
    [
        (0.05, "It is unchanged since its first cycles:"),
        (0.25, "It is judged against its first cycles, since which V/I rose by up to 28 %:"),
    ],
)
def test_only_what_stayed_is_called_unchanged(growth, words):
    found = Evidence("growth_ln_resistance", growth, 0.0, "V/I has grown.")
    verdicts = Verdicts.of([healthy(found)] * 2)
    assert words in _sentence(State.HEALTHY, verdicts, None, math.nan)


def test_cycles_left_open_are_not_counted_as_healthy():
    found = Evidence("growth_ln_resistance", 0.05, 0.0, "V/I has grown.")
    verdicts = Verdicts.of([healthy(found)] * 9 + [undetermined("it is cut off", "")])
    told = _sentence(State.HEALTHY, verdicts, None, math.nan)
    assert told.startswith("Healthy in 9 of 10 cycles; 1 is left open. It is unchanged")


def test_spectra_too_speak_of_health_relative_to_the_first_of_them_only():
    same = Evidence("impedance_electronic_fraction", 0.01, 0.05, "The spectrum is the first one's.")
    more = Evidence("impedance_electronic_fraction", 0.4, 0.05, "The spectrum lost its arcs.")
    sound = healthy(same)
    short = judged(State.SOFT, (0.4, 0.3, 0.5), (0.0, 1.0, 0.0), (more,))
    assert sound.settled and short.settled
    assert sound.basis is Basis.RELATIVE  # both spectra may be those of a shorted cell
    assert short.basis is Basis.IMPEDANCE
    told = _sentence(State.HEALTHY, Verdicts.of([sound, sound]), None, math.nan)
    assert "against its first spectrum" in told and "cannot tell" in told


@pytest.mark.parametrize(
    ("second", "words"), [(90.0, "90 s"), (1740.0, "29 min"), (3540.0, "59 min"), (9000.0, "2.5 h")]
)
def test_a_span_of_time_has_the_unit_in_which_it_is_said(second, words):
    assert lasting(second) == words


def test_a_moment_just_after_the_beginning_is_no_power_of_ten():
    assert hours(3.6e-4) == "< 0.0001 h"
    assert hours(3.6) == "0.001 h"
