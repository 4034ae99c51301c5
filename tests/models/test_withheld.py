"""No detector calls a cycle hard by a current whose unit is in doubt."""

import numpy as np
import pandas as pd
import pytest

from softbreak.data.checks import check_units
from softbreak.data.history import assemble
from softbreak.data.plausible import doubtful_current
from softbreak.data.record import Cell, Record, Source, Technique
from softbreak.models.diagnosis.diagnose import examine
from softbreak.models.live.cell import LiveCell
from softbreak.models.registry import DETECTORS

ROWS = 720


def history(ampere, ohm, area=None):
    sign = np.where((np.arange(ROWS) // 60) % 2 == 0, 1.0, -1.0)
    noise = np.random.default_rng(5).normal(0.0, 1e-5, ROWS)
    table = pd.DataFrame(
        {
            "test_time_second": 60.0 * np.arange(ROWS),
            "voltage_volt": ohm * ampere * sign + noise,
            "current_ampere": ampere * sign,
        }
    )
    cell = Cell("c", area_cm2=area)
    return assemble(cell, [Record(cell, Technique.CYCLING, table, Source("c.csv", "test"))])


@pytest.mark.parametrize(
    "detector", [name for name in DETECTORS if DETECTORS[name].unit == "cycle"]
)
def test_milliamperes_under_a_heading_in_ampere(detector):
    found = examine(history(0.5, 0.1), detector)
    assert set(found.verdicts["state"]) == {"undetermined"}
    assert "unit of the current" in found.summary["wanted_measurement"]
    assert "current-unit" in {finding.topic for finding in found.findings}


def test_a_wire_at_a_plausible_current_is_hard():
    assert "hard" in set(examine(history(5e-4, 0.1), "fused").verdicts["state"])


def test_a_live_cell_is_judged_alike():
    cell = history(0.5, 0.1)
    live = LiveCell(cell.cell, "fused")
    for start in range(0, ROWS, 90):
        table = cell.records[0].table.iloc[start : start + 90].reset_index(drop=True)
        live.update([Record(cell.cell, Technique.CYCLING, table, cell.records[0].source)])
        assert "hard" not in set(live.verdicts["state"])
    live.finish()
    assert list(live.verdicts["state"]) == list(examine(cell, "fused").verdicts["state"])


@pytest.mark.parametrize(
    ("volt", "ampere", "area", "word"),
    [
        (0.05, 0.5, None, "no area is known"),
        (0.05, 0.5, 0.785, "637 mA"),
        (0.05, 0.5, 50.0, ""),  # a pouch cell at 10 mA cm⁻²
        (0.05, 5e-4, None, ""),
        (3.7, 0.5, None, ""),
    ],
)
def test_what_no_cell_bears(volt, ampere, area, word):
    told = doubtful_current(np.full(9, volt), np.full(9, ampere), area)
    assert (word in told) if word else told == ""


def test_a_cell_that_was_sound_before_is_no_column_in_milliampere():
    volt = np.r_[np.full(40, 10.0), np.full(60, 0.01)]
    assert doubtful_current(volt, np.full(100, 0.1), None) == ""


def test_check_says_it_without_judging():
    (finding,) = check_units(history(0.5, 0.1, area=0.785))
    assert finding.topic == "current-unit"
    assert "637 mA" in finding.sentence
    assert check_units(history(5e-4, 100.0)) == []
