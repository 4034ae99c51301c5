"""What is open between healthy cycles, or before a clean spectrum, and stayed where it was."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from softbreak.models.look_back import looked_back
from softbreak.models.rules.impedance import ImpedanceReading
from softbreak.verdict import Evidence, State, judged, undetermined

SAID = Evidence("x_over_base", 0.0, 0.0, "V/I is unchanged.")
HEALTHY = judged(State.HEALTHY, (0.01, 0.0, 0.04), (0.97, 0.02, 0.01), (SAID,))
SOFT = judged(State.SOFT, (0.4, 0.3, 0.5), (0.02, 0.97, 0.01), (SAID,))
OPEN = undetermined("V/I has grown", "Impedance.", upper=0.4)
HOUR = 3600.0


def cell(ohm, events=()):
    count = len(ohm)
    cycles = pd.DataFrame(
        {"late_resistance_ohm": ohm, "end_time_second": HOUR * (1.0 + np.arange(count))}
    )
    told = pd.DataFrame({"cycle_index": np.array(events, dtype=np.int64)})
    return SimpleNamespace(timeline=SimpleNamespace(cycles=cycles, events=told))


def states(said, ohm, events=(), readings=()):
    found = looked_back(said, cell(ohm, events), readings)
    return "".join(one.state.value[0] for one in found)


def clean(hour, *, trusted=True, upper=0.06):
    return ImpedanceReading(
        hour * HOUR, trusted=trusted, eta=0.01, lower=0.0, upper=upper, probability_short=0.05
    )


def test_a_quiet_stretch_between_healthy_cycles_is_healthy():
    said = [HEALTHY, OPEN, OPEN, HEALTHY]
    found = looked_back(said, cell([100, 101, 102, 101]), ())
    assert [one.state for one in found] == [State.HEALTHY] * 4
    assert found[1].electronic_fraction_upper == HEALTHY.electronic_fraction_upper
    assert found[1].p_healthy + found[1].p_soft + found[1].p_hard == pytest.approx(1.0)
    assert "Cycles 1 and 4" in found[1].evidence[0].sentence
    assert said[1] is OPEN


@pytest.mark.parametrize(
    ("said", "ohm", "events"),
    [
        ([HEALTHY, OPEN, OPEN, HEALTHY], [100, 101, 102, 101], (2,)),  # something abrupt
        ([HEALTHY, OPEN, OPEN, HEALTHY], [100, 101, 102, 101], (3,)),  # it ended abruptly
        ([HEALTHY, OPEN, OPEN, HEALTHY], [100, 80, 80, 100], ()),  # V/I lay lower
        ([HEALTHY, OPEN, OPEN, HEALTHY], [100, 110, 120, 130], ()),  # it went on growing
        ([HEALTHY, OPEN, OPEN, HEALTHY], [100, np.nan, 100, 100], ()),
        ([SOFT, OPEN, OPEN, HEALTHY], [100, 101, 102, 101], ()),
        ([SOFT, OPEN, OPEN, SOFT], [100, 101, 102, 101], ()),  # shorts come and go
        ([HEALTHY, OPEN, OPEN], [100, 101, 102], ()),  # nothing came after
    ],
)
def test_anything_else_stays_open(said, ohm, events):
    assert states(said, ohm, events) == "".join(one.state.value[0] for one in said)


def test_a_clean_spectrum_clears_what_lies_before_it():
    said = [HEALTHY, OPEN, OPEN, OPEN, OPEN]
    ohm = [100, 130, 140, 141, 142]
    assert states(said, ohm, readings=(clean(4.5),)) == "hhhhu"
    assert states(said, ohm, events=(2,), readings=(clean(4.5),)) == "huuhu"
    assert states(said, ohm, readings=(clean(4.5, trusted=False),)) == "huuuu"
    assert states(said, ohm, readings=(clean(4.5, upper=0.3),)) == "huuuu"
    assert states([SOFT, *said[1:]], ohm, readings=(clean(4.5),)) == "suuuu"
