"""Cells as a textbook draws them: nearly every cycle is answered as it is, and none wrongly."""

import itertools

import numpy as np
import pandas as pd
import pytest

from softbreak.data.history import assemble
from softbreak.data.record import Cell, Record, Source, Technique
from softbreak.models.diagnosis.diagnose import diagnose

AMPERE = 5e-4
CYCLES = 16
SHAPES = {
    "flat": np.ones_like,
    "one lasting drop": lambda h: np.where(h >= 15.3, 0.4, 1.0),
    "a smaller one": lambda h: np.where(h >= 15.3, 0.6, 1.0),
    "a drop that recovers": lambda h: np.where((h >= 11.3) & (h < 19.4), 0.5, 1.0),
    "a drop in pieces": lambda h: np.select([h < 9.3, h < 15.6, h < 21.3], [1.0, 0.75, 0.5], 0.3),
    "hard": lambda h: np.where(h >= 15.3, 2e-3, 1.0),
}


def cell(shape, ohm, step, celsius):
    per_half = round(3600 / step)
    time = step * np.arange(2 * CYCLES * per_half, dtype=float)
    sign = np.where(np.arange(len(time)) // per_half % 2, -1.0, 1.0)
    scatter = np.random.default_rng(7).normal(0.0, 1e-4, len(time))
    columns = {
        "test_time_second": time,
        "voltage_volt": sign * AMPERE * ohm * shape(time / 3600) + scatter,
        "current_ampere": sign * AMPERE,
    }
    if celsius:
        warmth = 25.0 + np.random.default_rng(8).normal(0.0, 0.1, len(time))
        columns["ambient_temperature_celsius"] = warmth
    told = Record(Cell("c"), Technique.CYCLING, pd.DataFrame(columns), Source("c.csv"))
    return assemble(Cell("c"), [told])


def truth(shape):
    hours = np.linspace(0.0, 2.0 * CYCLES, 400 * CYCLES, endpoint=False)
    eta = (1.0 - shape(hours)).reshape(CYCLES, -1).mean(axis=1)
    return np.select([eta < 0.05, eta < 0.95], ["healthy", "soft"], "hard")


@pytest.mark.parametrize("celsius", [False, True], ids=["unlogged", "logged"])
def test_textbook_cells_are_answered_as_they_are(celsius):
    answered = right = cycles = 0
    for name, ohm, step in itertools.product(SHAPES, (30.0, 120.0, 600.0), (10.0, 60.0, 300.0)):
        said = diagnose(cell(SHAPES[name], ohm, step, celsius))["state"].to_numpy(dtype=str)
        known = truth(SHAPES[name])
        wrong = (said != "undetermined") & (said != known)
        assert not wrong.any(), (name, ohm, step, said.tolist())
        cycles += len(said)
        answered += int((said != "undetermined").sum())
        right += int((said == known).sum())
    assert right == answered
    assert right >= 0.97 * cycles
