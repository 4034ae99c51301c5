"""What an expert sees at a glance in a voltage that runs away."""

import numpy as np
import pandas as pd
import pytest

from softbreak.data.history import assemble
from softbreak.data.record import Cell, Record, Source, Technique
from softbreak.models.diagnosis.diagnose import examine


def judged(shape, cycles=6, configuration="symmetric", shorted=()):
    """A cell whose half-cycles have a shape, in units of its ohmic drop."""
    phase = np.arange(120) / 119.0
    half = 0.01 * np.array([shape(x) for x in phase])
    signs = np.tile([1.0, -1.0], cycles)
    voltage = np.concatenate([sign * half for sign in signs])
    for k in shorted:
        voltage[120 * k : 120 * k + 90] *= 0.3
    noise = np.random.default_rng(7).normal(0.0, 2e-5, len(voltage))
    table = pd.DataFrame(
        {
            "test_time_second": 30.0 * np.arange(len(voltage)),
            "voltage_volt": voltage + noise,
            "current_ampere": np.repeat(1e-4 * signs, len(phase)),
        }
    )
    cell = Cell("x", configuration=configuration)
    record = Record(cell, Technique.CYCLING, table, Source("x.csv"))
    return examine(assemble(cell, [record]))


def topics(diagnosis):
    return {finding.topic for finding in diagnosis.findings}


def test_a_voltage_that_runs_away_is_named():
    told = judged(lambda x: 1.0 + 3.0 * x**6)
    assert "climbing-voltage" in topics(told)
    (said,) = [f.sentence for f in told.findings if f.topic == "climbing-voltage"]
    assert "salt depletion" in said
    assert "voids" in said


@pytest.mark.parametrize(
    "shape",
    [
        lambda x: 1.0,
        lambda x: 1.0 + 3.0 * (1.0 - np.exp(-6.0 * x)),  # polarises, and settles
        lambda x: 1.0 + 3.0 * np.sqrt(x),
        lambda x: 1.0 + 0.5 * x**6,
    ],
)
def test_what_polarises_or_jumps_is_not(shape):
    assert "climbing-voltage" not in topics(judged(shape))


def test_a_short_that_ends_within_a_half_cycle_is_not():
    assert "climbing-voltage" not in topics(judged(lambda x: 1.0, shorted=(6,)))


def test_a_cell_that_is_no_symmetric_one_is_left_alone():
    told = judged(lambda x: 1.0 + 3.0 * x**6, configuration="full")
    assert "climbing-voltage" not in topics(told)


def test_the_sentence_of_an_undetermined_cell_names_it():
    grown = judged(lambda x: 1.0 + 3.0 * x**6, cycles=1)
    assert grown.summary["state"] == "undetermined"
    assert "salt depletion" in grown.summary["summary"]
