"""Features of one simulated cell, told otherwise: another area, sign, sampling rule, other units.

The cells and their noise are the same; only the way changes in which the files tell of them.
"""

import itertools
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from softbreak.data.history import assemble
from softbreak.data.readers import registry
from softbreak.data.record import Cell, Record, Technique
from softbreak.features.catalog import CATALOGUE
from softbreak.features.table import KEYS, features_of
from softbreak.simulate.population import Recipe, make_block
from softbreak.simulate.records import block_records, describe

CELLS = 8
TRANSFERABLE = [feature.name for feature in CATALOGUE if feature.transferable]


@pytest.fixture(scope="module")
def cells():
    """Healthy and broken ones of several chemistries, a row every 10 s."""
    block = make_block(Recipe(CELLS, 3, cycles=10, every=4, interval=10.0), np.arange(CELLS))
    return [(describe(block, k), block_records(block, k)) for k in range(CELLS)]


def measured(cell, records, **options):
    return features_of(assemble(cell, records), **{"pair_fits": False, **options})


@pytest.fixture(scope="module")
def tables(cells):
    return [measured(*one) for one in cells]


def told(record, **columns):
    """The same record with some columns multiplied."""
    table = record.table.copy()
    for name, factor in columns.items():
        if name in table:
            table[name] = (table[name] * factor).astype(table[name].dtype)
    return Record(record.cell, record.technique, table, record.source)


def test_another_area(cells, tables):
    # three times the area: three times the current, a third of the impedance, the same voltage
    for (cell, records), table in zip(cells, tables, strict=True):
        wide = replace(cell, area_cm2=3.0 * cell.area_cm2) if cell.area_cm2 else cell
        larger = [
            told(
                record,
                current_ampere=3.0,
                control_current_ampere=3.0,
                real_impedance_ohm=1 / 3,
                imaginary_impedance_ohm=1 / 3,
            )
            for record in records
        ]
        found = measured(wide, [replace(record, cell=wide) for record in larger])
        pd.testing.assert_frame_equal(
            found[TRANSFERABLE], table[TRANSFERABLE], rtol=1e-4, atol=1e-4
        )
        assert found["resistance_ohm"].to_numpy() == pytest.approx(
            table["resistance_ohm"].to_numpy() / 3, rel=1e-5
        )


def test_the_other_sign(cells, tables):
    # leads swapped at both ends: only what is counted by direction changes its sign
    signed = {"sign": -1.0, "cv_asymmetry": -1.0}
    for (cell, records), table in zip(cells, tables, strict=True):
        names = ("voltage_volt", "current_ampere", "control_current_ampere")
        swapped = [told(record, **dict.fromkeys(names, -1.0)) for record in records]
        wanted = table.assign(**{name: table[name] * way for name, way in signed.items()})
        found = measured(cell, swapped)
        pd.testing.assert_frame_equal(found, wanted, check_dtype=False, rtol=1e-9, atol=1e-9)


def every_minute(table, _):
    minute = np.floor(table["test_time_second"].to_numpy() / 60.0)
    return np.append(True, np.diff(minute) > 0)


def by_voltage(table, step):
    """A row where V has moved by ``step``, or 5 min after the last one."""
    volt, time = table["voltage_volt"].to_numpy(), table["test_time_second"].to_numpy()
    keep, last = np.zeros(len(volt), dtype=bool), 0
    for k in range(len(volt)):
        if k == 0 or abs(volt[k] - volt[last]) > step or time[k] - time[last] >= 300.0:
            keep[k], last = True, k
    return keep


def thinned(record, rule, step):
    """Fewer rows; cyclers write the first and the last one of every step whatever the rule."""
    if record.technique is not Technique.CYCLING:
        return record
    change = np.diff(record.table["step_count"].to_numpy()) != 0
    edge = np.append(True, change) | np.append(change, True)
    kept = record.table[rule(record.table, step) | edge].reset_index(drop=True)
    return Record(record.cell, record.technique, kept, record.source)


THERMOMETER = {"temperature_span_kelvin", "cycle_temperature_distance"}
"""Its noise is larger than what the temperature does in most of these cells."""
COUNTED = {
    *("cycle_drops", "cycle_rises", "cycle_drops_10", "cycle_rises_10"),
    "cycle_telegraph_switches",
}
"""A telegraph that is faster than the rows is seen less often."""


@pytest.mark.parametrize("rule", [every_minute, by_voltage])
def test_another_sampling_rule(cells, tables, rule):
    # What the catalogue does not call moved by sampling stays: the median row within 5 %, nine in
    # ten within 20 % of the range (5 to 95 %) that the feature has over these cells.
    differences, whole = [], pd.concat(tables)
    for (cell, records), table in zip(cells, tables, strict=True):
        step = 0.01 * float(np.nanmedian(table["median_voltage_volt"]))
        found = measured(cell, [thinned(record, rule, step) for record in records])
        # a half-cycle that a gap cuts ends with its last row, up to 5 min earlier
        pd.testing.assert_frame_equal(found[list(KEYS)], table[list(KEYS)], atol=300.0)
        differences.append(found.drop(columns=list(KEYS)) - table.drop(columns=list(KEYS)))
    change = pd.concat(differences).abs()
    moved = []
    for feature in CATALOGUE:
        values, off = whole[feature.name], change[feature.name]
        excused = feature.name in THERMOMETER | COUNTED or "sampling" in feature.confounders
        if excused or off.isna().all():
            continue
        spread = float(values.quantile(0.95) - values.quantile(0.05)) + 1e-6
        if off.median() > 0.05 * spread or off.quantile(0.9) > 0.2 * spread:
            moved.append(feature.name)
    assert moved == []


def test_ten_seconds_a_minute_and_by_voltage_really_differ(cells):
    _, records = cells[0]
    (first, *_) = [record for record in records if record.technique is Technique.CYCLING]
    counts = [len(first.table)]
    counts += [len(thinned(first, rule, 1e-3).table) for rule in (every_minute, by_voltage)]
    assert counts[0] > 4 * max(counts[1:])


UNITS = (
    {"t / s": 1.0, "U / V": 1.0, "I / A": 1.0},
    {"t / h": 3600.0, "U / mV": 1e-3, "I / mA": 1e-3},
    {"t / min": 60.0, "U / mV": 1e-3, "I / µA": 1e-6},
)
NAMES = ("test_time_second", "voltage_volt", "current_ampere")


def test_other_units_of_the_file(cells, tmp_path):
    _, records = cells[0]
    (first, *_) = [record for record in records if record.technique is Technique.CYCLING]
    found = []
    for number, units in enumerate(UNITS):
        path = tmp_path / f"{number}.csv"
        columns = list(zip(NAMES, units.items(), strict=True))
        shown = {unit: first.array(n).astype(np.float64) / scale for n, (unit, scale) in columns}
        pd.DataFrame(shown).to_csv(path, index=False)
        mapping = {n: {"column": unit, "scale": scale} for n, (unit, scale) in columns}
        found.append(measured(Cell("cell"), registry.read(path, mapping)))
    assert len(found[0]) == 8
    for one, other in itertools.pairwise(found):
        # the files' decimals and float32 are all that differs
        pd.testing.assert_frame_equal(one, other, rtol=1e-4, atol=1e-4)
