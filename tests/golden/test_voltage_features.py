"""Voltage features of real cells: against the obvious version, and what is known to be true."""

import numpy as np
import pytest

from softbreak.data.readers import registry
from softbreak.data.record import Technique
from softbreak.data.segment import Segmenter
from softbreak.features.families.voltage import FEATURES, NAMES, half_cycle_features
from tests.features import obvious_voltage as obvious

FILES = ["gcpl.mpr", "mb.mpr", "mb.issue_218.mpr", "thienenkamp_li_peo_li_POL.txt"]


def cut(record):
    """Time, voltage, imposed current, and the half-cycles of a record."""
    table = record.table[np.isfinite(record.table["voltage_volt"])]
    time = table["test_time_second"].to_numpy(dtype=np.float64)
    imposed = current = table["current_ampere"].to_numpy(dtype=np.float64)
    control = None
    if "control_current_ampere" in table.columns:
        control = table["control_current_ampere"].to_numpy(dtype=np.float64)
        imposed = np.where(np.isfinite(control), control, current)
    segmenter = Segmenter()
    found = segmenter.update(time, current, control) + segmenter.finish()
    cuts = np.array([tuple(part) for part in found if part.sign], dtype=np.int64)
    return (time, table["voltage_volt"].to_numpy(dtype=np.float64), imposed), cuts


@pytest.fixture(scope="module")
def measured(realdata):
    def of(name):
        records = registry.read(realdata / "symmetric" / name)
        parts = []
        for record in records:
            if record.technique is Technique.CYCLING:
                arrays, cuts = cut(record)
                parts.append((arrays, cuts, half_cycle_features(*arrays, np.empty(0), *cuts.T)))
        assert parts
        return parts

    return of


@pytest.mark.parametrize("name", FILES)
def test_every_column_equals_the_obvious_version(measured, name):
    for arrays, cuts, rows in measured(name):
        assert len(cuts)
        for (start, stop, sign), row in zip(cuts.tolist(), rows, strict=True):
            mine = [array[start:stop] for array in arrays]
            told = obvious.features(*mine, np.empty(0), sign)
            for feature, value in zip(NAMES, row, strict=True):
                wanted = pytest.approx(float(told.get(feature, np.nan)), 1e-6, 2e-7, nan_ok=True)
                assert value == wanted, (feature, start)


def longest(parts):
    """Rows of the half-cycles of some length, one dictionary each."""
    rows = np.concatenate([rows for *_, rows in parts])
    rows = rows[rows[:, NAMES.index("samples")] >= 20]
    return [dict(zip(NAMES, row.tolist(), strict=True)) for row in rows]


def test_the_sodium_cells_short_is_one_drop_that_stays(measured):
    # −0.590 V → 0.000 V between 2253 s and 2254 s
    (row,) = [r for r in longest(measured("mb.issue_218.mpr")) if r["duration_second"] > 3000]
    assert row["lasting_drop"] < -5
    assert row["drop_persistence"] > 0.8
    assert row["drops"] >= 1
    assert row["two_level_gain"] > 0.5
    begin = row["drop_phase"] * row["duration_second"]
    assert begin == pytest.approx(2253, abs=20)


@pytest.mark.parametrize(("name", "rectangular"), [("gcpl.mpr", 0.9), ("mb.mpr", 0.9)])
def test_steady_cells_are_flat_and_have_no_drops(measured, name, rectangular):
    rows = longest(measured(name))
    assert min(row["rectangularity"] for row in rows) > rectangular
    assert sum(row["drops"] for row in rows) == 0
    assert sum(row["level_crossings"] for row in rows) <= 1  # nor does the double layer count


def test_depletion_rises_and_ends_at_a_voltage_limit(measured):
    row = max(longest(measured(FILES[-1])), key=lambda r: r["samples"])
    assert row["drawup"] > 0.5
    assert row["drops"] == 0
    assert row["late_current_ratio"] < 0.95  # 0.089 → 0.024 mA at 1.5 V


def test_real_cells_fill_the_table(measured):
    rows = np.concatenate([rows for name in FILES for *_, rows in measured(name)])
    known = np.isfinite(rows).any(axis=0)
    missing = {f.name for f, here in zip(FEATURES, known, strict=True) if not here}
    assert missing <= {"temperature_celsius", "temperature_span_kelvin"}
