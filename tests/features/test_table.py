"""The joined table: what each half-cycle could know when it ended."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

import softbreak
from softbreak.data.history import CellHistory, assemble
from softbreak.data.record import Cell, Record, Source, Technique
from softbreak.errors import SoftbreakError
from softbreak.features.catalog import CATALOGUE
from softbreak.features.evidence.cell_evidence import gather
from softbreak.features.table import KEYS, features_of
from softbreak.simulate.population import Recipe, make_block
from softbreak.simulate.records import block_records, describe
from tests.features.synthetic import cycled


@pytest.fixture(scope="module")
def block():
    return make_block(Recipe(4, 3, cycles=12, every=3), np.arange(4))


@pytest.fixture(scope="module")
def history(block):
    return assemble(describe(block, 2), block_records(block, 2))


@pytest.fixture(scope="module")
def table(history):
    return features_of(history)


def test_one_row_a_half_cycle_with_keys_and_the_whole_catalogue(table):
    assert table.columns.to_list() == [*KEYS, *(feature.name for feature in CATALOGUE)]
    assert len(table) == 24
    assert table["half_cycle_index"].to_list() == list(range(24))
    assert (table["unit"] == "half-cycle").all()
    assert not np.isinf(table.select_dtypes("number").to_numpy()).any()


def test_evidence_is_there_from_when_it_was_complete(history, table):
    cv = [clock[-1] for _, clock in history.of(Technique.VOLTAMMETRY)]
    ends = table["end_time_second"].to_numpy()
    known = np.searchsorted(cv, ends, side="right")
    assert (table["cv_nonlinearity"].notna() == (known > 0)).all()
    assert (table["cv_omega_previous"].notna() == (known > 1)).all()
    first = np.searchsorted(ends, cv[1])
    assert table["cv_age_half_cycles"].iloc[[first, first + 1]].to_list() == [0, 1]


def until(history, moment):
    """The cell as it was known at a moment: later samples are not there yet."""
    records, clocks = [], []
    for record, clock in zip(history.records, history.clocks, strict=True):
        kept = clock <= moment
        if kept.any():
            table = record.table[kept].reset_index(drop=True)
            records.append(Record(record.cell, record.technique, table, record.source))
            clocks.append(clock[kept])
    return CellHistory(history.cell, tuple(records), tuple(clocks))


def test_no_row_looks_ahead(history, table):
    for row in (5, 13, 20):
        then = features_of(until(history, table["end_time_second"].iloc[row]))
        pd.testing.assert_series_equal(then.iloc[row], table.iloc[row])


def test_without_pair_fits_only_their_columns_are_missing(history, table):
    quick = features_of(history, pair_fits=False)
    pairs = [name for name in table if name.startswith("eis_pair_")]
    assert quick[pairs].isna().to_numpy().all()
    assert table[pairs].iloc[-1].notna().all()
    same = [name for name in table if not name.startswith(("eis_pair_", "cycle_eis_"))]
    pd.testing.assert_frame_equal(quick[same], table[same])


@pytest.mark.parametrize("technique", [Technique.VOLTAMMETRY, Technique.IMPEDANCE])
def test_without_cycling_the_other_measurements_are_the_rows(history, technique):
    records = [record for record, _ in history.of(technique)]
    found = features_of(assemble(Cell("only"), records))
    assert len(found) == len(records)
    assert set(found["unit"]) == {"sweep" if technique is Technique.VOLTAMMETRY else "spectrum"}
    assert (found["cell_id"] == "only").all()


def test_holds_alone_and_nothing_at_all():
    time = np.arange(400) * 10.0
    hold = pd.DataFrame(
        {
            "test_time_second": time,
            "voltage_volt": np.full(400, 0.05),
            "current_ampere": 1e-6 * (1 + np.exp(-time / 300)),
            "control_voltage_volt": np.full(400, 0.05),
        }
    )
    records = [Record(Cell(), Technique.REST, hold, Source("hold.csv"))]
    found = features_of(assemble(Cell("held"), records))
    assert found["unit"].to_list() == ["hold"]
    assert found["leak_steady_share"].iloc[0] == pytest.approx(0.5, abs=0.01)
    empty = features_of(assemble(Cell("empty"), []))
    assert len(empty) == 0
    assert empty.columns.to_list() == [*KEYS, *(feature.name for feature in CATALOGUE)]


def test_it_says_what_it_wants():
    with pytest.raises(SoftbreakError, match=r"softbreak\.read"):
        softbreak.features("cell7/")


CALLED = """
import softbreak
{imported}
from softbreak.data.history import assemble
from softbreak.data.record import Cell
print(len(softbreak.features(assemble(Cell("c"), []))), softbreak.features.__name__)
{after}
"""


@pytest.mark.parametrize(
    ("imported", "after"),
    [
        (
            "",
            "import softbreak.features.families.rate as rate; rate.rate_features",
        ),
        ("import softbreak.features.families.rate", ""),
    ],
)
def test_the_package_is_a_function_before_and_after_its_modules(imported, after):
    code = CALLED.format(imported=imported, after=after)
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert told.stderr == ""
    assert told.stdout == "0 softbreak.features\n"


def test_voltage_is_that_of_the_timeline(history, table):
    halves = gather(history).timeline.half_cycles
    assert table["mean_voltage_volt"].to_numpy() == pytest.approx(
        halves["voltage_volt"].to_numpy(), rel=1e-6
    )
    assert table["samples"].to_numpy() == pytest.approx(halves["samples"].to_numpy())
    assert table["charge_ampere_second"].to_numpy() == pytest.approx(
        halves["charge_ampere_second"].to_numpy(), rel=1e-6
    )


@pytest.mark.parametrize("mend", [np.negative, np.abs], ids=["swapped leads", "unsigned voltage"])
def test_files_that_show_the_voltage_otherwise(mend):
    history = cycled(lambda h: 100.0 + h, cycles=6, noise=1e-5)
    (record,) = history.records
    other = record.table.assign(voltage_volt=mend(record.table["voltage_volt"].to_numpy()))
    changed = assemble(Cell("cell"), [Record(Cell(), record.technique, other, record.source)])
    pd.testing.assert_frame_equal(features_of(changed), features_of(history), rtol=1e-9)


def test_one_way_plating_is_measured_slice_by_slice():
    table = features_of(cycled(lambda h: 100.0 + 0 * h, cycles=4, one_way=True))
    assert len(table) == 8
    assert table["resistance_ohm"].to_numpy() == pytest.approx(100.0, rel=1e-3)
