import json
import subprocess
import sys

import numpy as np
import pytest

from softbreak.data.history import assemble
from softbreak.errors import SoftbreakError
from softbreak.features.cycles.timeline import build_timeline
from softbreak.features.generic import tsfresh_door as tsfresh_adapter
from softbreak.features.generic.curves import joined
from softbreak.features.generic.minirocket import MiniRocketFeatures
from softbreak.features.generic.table import (
    TsfreshFeatures,
    column_name,
    cost_of,
    cycle_means,
    from_dict,
    generic_table,
)
from softbreak.simulate.population import Recipe, blocks
from softbreak.simulate.records import block_records, describe
from tests.features.shapes import curve, population

FEW = ("linear_trend", "quantile", "mean_abs_change", "binned_entropy", "spkt_welch_density")
"""``binned_entropy`` has no twin."""


@pytest.fixture(scope="module")
def learned():
    curves, states, cells = population(24, 4)
    return TsfreshFeatures(calculators=FEW).fit(curves, states, cells), curves, states, cells


def test_importing_it_leaves_tsfresh_alone():
    code = (
        "import sys, softbreak.features.generic.table; "
        "print([m for m in sys.modules if m.split('.')[0] in ('tsfresh', 'sklearn', 'stumpy')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_without_tsfresh_the_message_says_what_to_install(learned, monkeypatch):
    monkeypatch.setitem(sys.modules, "tsfresh.feature_extraction", None)
    with pytest.raises(SoftbreakError, match=r"pip install .*\[tsfresh\]"):
        learned[0].transform(learned[1], reference=True)


def test_selection_keeps_what_tells_soft_from_healthy(learned):
    features = learned[0]
    assert 'voltage__linear_trend__attr_"rvalue"' in features.names
    assert "voltage__binned_entropy__max_bins_10" in features.names
    assert 'voltage__linear_trend__attr_"pvalue"' not in features.names
    assert [one.p_value for one in features.selected] == sorted(
        one.p_value for one in features.selected
    )
    assert all(one.tsfresh_ms > 0.0 for one in features.selected)
    assert repr(features).endswith(f"{len(features.names) - 1} with a twin)")


def test_half_cycles_of_one_cell_are_one_witness():
    curves, states, _ = population(1, 200)
    alone = TsfreshFeatures(calculators=("linear_trend",))
    assert alone.fit(curves, states, np.full(200, "the only cell")).names == ()
    assert alone.transform(curves).shape == (200, 0)


def test_hard_half_cycles_do_not_help_to_select(learned):
    features, curves, states, cells = learned
    dead = joined([curve(1.0 + 0.5 * np.random.default_rng(k).normal(size=30)) for k in range(9)])
    more = TsfreshFeatures(calculators=FEW).fit(
        joined([curves, dead]),
        np.concatenate([states, np.full(9, "hard")]),
        np.concatenate([cells, np.full(9, "cell 0")]),
    )
    assert more.to_dict(costs=False) == features.to_dict(costs=False)


def test_both_states_are_needed(learned):
    _, curves, states, cells = learned
    healthy = states == "healthy"
    with pytest.raises(SoftbreakError, match="healthy and soft"):
        TsfreshFeatures().fit(curves.taken(healthy), states[healthy], cells[healthy])


def test_twins_and_tsfresh_alone_agree(learned):
    features, curves, _, _ = learned
    some = joined([curves.taken(np.arange(20)), curve(np.ones(30)), curve(np.ones(3))])
    quick, slow = features.transform(some), features.transform(some, reference=True)
    assert list(quick) == list(slow) == list(features.names)
    np.testing.assert_allclose(quick, slow, rtol=1e-9, atol=1e-12)
    assert quick.iloc[-1].isna().all()  # three samples
    assert quick.iloc[:20].notna().all(axis=None)


def test_chunks_do_not_show(learned, monkeypatch):
    features, curves, _, _ = learned
    whole = features.transform(curves, reference=True)
    monkeypatch.setattr(tsfresh_adapter, "CHUNK", 7)
    assert features.transform(curves, reference=True).equals(whole)


def test_columns_in_any_order_get_their_own_values(learned):
    # tsfresh itself mixes up spkt_welch_density where a series is short and columns are unordered
    names = [f"voltage__spkt_welch_density__coeff_{k}" for k in (8, 2, 5)]
    document = {
        "method": "tsfresh",
        "fdr_level": 0.01,
        "largest": 9,
        "selected": [{"name": name, "p_value": 0.0} for name in names],
    }
    features = from_dict(document)
    short = curve(1.0 + 0.1 * np.random.default_rng(2).normal(size=12))  # has coefficients 0 to 6
    for reference in (False, True):
        row = features.transform(short, reference=reference).iloc[0]
        assert np.isnan(row[names[0]])
        assert row[names[1]] > 0.0
        assert row[names[2]] > 0.0


def test_a_file_gives_the_same_bits(learned):
    features, curves, _, _ = learned
    loaded = from_dict(json.loads(json.dumps(features.to_dict())))
    assert loaded.to_dict() == features.to_dict()
    assert loaded.transform(curves).equals(features.transform(curves))


def test_costs(learned):
    features, curves, _, _ = learned
    slow, quick = cost_of(["voltage__binned_entropy__max_bins_10"], curves.taken(np.arange(4)))
    assert slow > 0.0
    assert np.isnan(quick)
    bare = features.to_dict(costs=False)["selected"]
    assert all(set(row) == {"name", "p_value"} for row in bare)


@pytest.mark.parametrize(
    "change",
    [
        {"selected": [{"name": "voltage__quantile__q_eval()", "p_value": 0.0}]},
        {"selected": [{"name": "voltage__mean", "p_value": 0.0}] * 2},
        {"selected": [{"name": "voltage__mean", "p_value": 0.0}], "largest": 0},
        {"selected": ["voltage__mean"]},
        {"selected": None},
        {"fdr_level": 3.0},
        {"method": "pickle"},
        {"method": ["tsfresh"]},
    ],
)
def test_strange_documents_are_refused(learned, change):
    with pytest.raises(SoftbreakError, match=r"tsfresh|no value"):
        from_dict({**learned[0].to_dict(), **change})


def test_only_tsfreshs_own_calculators_are_called(learned):
    document = {
        **learned[0].to_dict(),
        "selected": [{"name": "voltage__get_ipython", "p_value": 0.0}],
    }
    with pytest.raises(SoftbreakError, match="no calculator get_ipython"):
        from_dict(document).transform(learned[1])
    with pytest.raises(SoftbreakError, match="no calculator oracle"):
        TsfreshFeatures(calculators=("oracle",)).fit(*learned[1:])


def test_one_row_a_cycle_whichever_way_the_current_flowed_first(learned):
    features = learned[0]
    rise, fall = np.linspace(1.0, 1.1, 30), np.linspace(1.0, 0.8, 40)
    one = cycle_means(joined([curve(rise, cycle=4), curve(-fall, cycle=4)]), features)
    other = cycle_means(joined([curve(fall, cycle=4), curve(-rise, cycle=4)]), features)
    np.testing.assert_allclose(one, other, rtol=1e-12)
    assert list(one["cycle_index"]) == [4]


@pytest.mark.parametrize("kind", ["tsfresh", "minirocket"])
def test_table_of_a_simulated_cell(learned, kind):
    block = next(iter(blocks(Recipe(1, 11, "a", "train", cycles=6))))
    history = assemble(describe(block, 0), block_records(block, 0))
    features = learned[0] if kind == "tsfresh" else MiniRocketFeatures(features=84).fit(learned[1])
    table = generic_table(history, features)
    cycles = build_timeline(history).cycles
    np.testing.assert_array_equal(table["cycle_index"], cycles["cycle_index"])
    assert list(table)[1:] == [column_name(name) for name in features.names]
    assert len(set(table)) == len(table.columns)


def test_column_names_are_plain():
    name = "voltage__cwt_coefficients__coeff_1__w_2__widths_(2, 5, 10, 20)"
    plain = "mean_of_directions__voltage__cwt_coefficients__coeff_1__w_2__widths__2_5_10_20"
    assert column_name(name) == plain
