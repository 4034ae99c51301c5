"""What a person reads: cycles from 1, one unit a page, ranges for merged rows, nothing withheld."""

import numpy as np
import pandas as pd
import pytest

from softbreak.errors import SoftbreakError
from softbreak.report import figures
from softbreak.report.cell_page import cell_words
from softbreak.report.evidence_table import evidence_table, numbers_in_files
from softbreak.report.overlay import overlay
from softbreak.report.render_plotly import to_plotly
from tests.report import cells


def verdicts(states, fractions, lower, upper):
    count = len(states)
    return pd.DataFrame(
        {
            "cycle_index": np.arange(count),
            "start_time_second": 3600.0 * np.arange(count),
            "end_time_second": 3600.0 * np.arange(1, count + 1),
            "state": states,
            "electronic_fraction": fractions,
            "electronic_fraction_lower": lower,
            "electronic_fraction_upper": upper,
            "transient_short": False,
            "evidence": [
                [{"feature": "x", "sentence": f"Said of index {k}."}] for k in range(count)
            ],
        }
    )


TABLE = verdicts(
    ["healthy", "undetermined", "undetermined", "soft", "soft", "soft"],
    [0.01, 0.2, 0.3, 0.5, 0.6, 0.7],
    [0.0, 0.0, 0.05, 0.4, 0.5, 0.6],
    [0.02, 0.4, 0.5, 0.6, 0.7, 0.8],
)
HALVES = pd.DataFrame(
    {"cycle_index": np.repeat(np.arange(6), 2), "file_cycle": np.repeat(np.arange(101.0, 107.0), 2)}
)


def test_merged_rows_say_ranges_and_which_cycle_speaks():
    rows, left = evidence_table(TABLE, HALVES, most=9)
    assert left == 0
    assert [row.cycles for row in rows] == ["1", "2 to 3", "4 to 6"]
    assert [row.file for row in rows] == ["101", "102 to 103", "104 to 106"]
    assert [row.fraction for row in rows] == ["1.0 % (0.0 to 2.0 %)", "0.0 to 50 %", "50 to 70 %"]
    assert [row.cycle for row in rows] == ["", "cycle 3", "cycle 4"]
    assert rows[2].sentences == ("Said of index 3.",)
    assert [row.begin for row in rows] == ["0.00", "1.00", "3.00"]


def test_numbers_that_begin_anew_are_told_of_two_files():
    halves = HALVES.assign(file_cycle=np.repeat([7.0, 8.0, 9.0, 1.0, 2.0, 3.0], 2))
    table = TABLE.assign(state="soft")
    (row,), _ = evidence_table(table, halves, most=9)
    assert row.file == "7 of one file to 3 of a later one"
    assert numbers_in_files(None) == {}


def test_the_picture_withholds_what_the_text_withholds():
    soft = cells.soft()
    table = soft.verdicts.copy()
    table.loc[:4, "state"] = "undetermined"
    panel = figures.cycles(_with(soft, verdicts=table)).panels[-1]
    assert np.isnan(panel.curves[0].y[:5]).all()
    assert panel.curves[1].marker == "none"
    first = panel.curves[0].x[0]
    assert first == 1.0


def _with(diagnosis, **changes):
    from dataclasses import replace

    return replace(diagnosis, **changes)


def test_text_and_picture_have_one_unit():
    soft = cells.soft()
    unit = figures.nyquist(soft)[0].x_label.removeprefix("Re Z / ")
    tables = [table for figure in _contexts(soft) for table in figure["tables"]]
    heads = " ".join(head for table in tables for head in table["heads"])
    assert f"R_LF / {unit}" in heads
    assert "at / h" in heads


def _contexts(diagnosis):
    from softbreak.report.cell_page import cell_context

    return cell_context(diagnosis)["figures"]


def test_an_arc_that_is_not_closed_has_no_intercept():
    soft = cells.soft()
    impedance = soft.impedance.assign(high_frequency_resolved=False)
    tables = [t for f in _contexts(_with(soft, impedance=impedance)) for t in f["tables"]]
    assert any("not resolved" in row for table in tables for row in table["rows"])


def test_overlay_has_a_line_a_cell_and_a_colour_a_group(tmp_path):
    two = [cells.healthy(), cells.soft()]
    figure = overlay(two)
    assert len({curve.colour for curve in figure.panels[0].curves}) == 2
    names = {str(one.summary["cell_id"]): "one lab" for one in two}
    assert len({curve.colour for curve in overlay(two, names).panels[0].curves}) == 1
    page = figure.save(tmp_path / "over.html").read_text(encoding="utf-8")
    assert "Plotly" in page
    assert "http-equiv" not in page
    assert 'src="' not in page.split("<script>")[0]


def test_a_figure_is_interactive_in_a_notebook():
    figure = figures.timeline(cells.soft())
    told = figure._repr_mimebundle_()
    assert told["application/vnd.plotly.v1+json"] == to_plotly(figure)
    assert told["image/svg+xml"].startswith("<?xml")
    assert set(figure._repr_mimebundle_(include={"text/plain"})) == {"text/plain"}


@pytest.mark.parametrize("name", ["timeline", "cycles", "voltammograms", "nyquist", "figures_of"])
def test_a_wrong_argument_says_what_to_pass(name):
    with pytest.raises(SoftbreakError, match=r"softbreak\.read"):
        getattr(figures, name)("cell7.mpr")


def test_no_symbol_of_a_feature_stands_on_a_page():
    words = cell_words(cells.soft())
    for run in words["runs"]:
        assert "cycle_index" not in str(run)
