"""Figures say what the data say, and both renderers draw all of them."""

import json

import numpy as np
import pytest

from softbreak.report.drawing import Mark, in_order, thinned
from softbreak.report.figures import figures_of, timeline
from softbreak.report.number_words import duration, interval, number, percent
from softbreak.report.render_plotly import to_plotly
from softbreak.report.states import coarse_runs, letters, packed_strip, runs_of, telling_runs
from softbreak.verdict import State
from tests.report import cells


@pytest.mark.parametrize("diagnosis", cells.every_kind(), ids=lambda d: d.summary["cell_id"])
def test_both_renderers_draw_everything(diagnosis, tmp_path):
    for figure in figures_of(diagnosis):
        drawn = to_plotly(figure)
        json.dumps(drawn, allow_nan=False)
        assert len(drawn["data"]) >= sum(len(panel.curves) for panel in figure.panels)
        assert figure.save(tmp_path / f"{figure.name}.png").stat().st_size > 5_000


def test_no_spike_is_lost_between_data_and_picture():
    diagnosis = cells.hard_in_one_sample()
    figure = timeline(diagnosis)
    volt = diagnosis.trace["voltage_volt"].to_numpy()
    shown = np.concatenate([curve.y for curve in figure.panels[0].curves])
    factor = np.nanmax(np.abs(shown)) / np.nanmax(np.abs(volt))
    assert np.nanmin(shown) == pytest.approx(factor * np.nanmin(volt))
    assert len(shown) == len(volt)


def test_nyquist_has_one_scale_and_capacitive_points_on_top():
    figure = next(f for f in figures_of(cells.soft()) if f.name == "nyquist")
    assert figure.equal_aspect
    assert to_plotly(figure)["layout"]["yaxis"]["scaleanchor"] == "x"
    assert max(curve.y.max() for curve in figure.panels[0].curves) > 0


def test_runs_join_equal_states():
    runs = runs_of(cells.soft(cycles=60, onset=20).verdicts)
    assert next((run.state, run.first_cycle, run.last_cycle) for run in runs) == (
        State.HEALTHY,
        0,
        19,
    )


def test_a_flickering_cell_has_few_stripes_and_hides_no_short():
    verdicts = cells.flickering().verdicts
    runs = runs_of(verdicts)
    few = coarse_runs(runs)
    assert len(few) <= 240 < len(runs)
    assert any(run.state is State.SOFT for run in few)


def test_a_hard_breakdown_after_much_flicker_is_told():
    runs = runs_of(cells.flickering().verdicts)
    told = telling_runs(runs, 12)
    assert len(told) == 12 < len(runs)
    assert told[0] is runs[0]
    assert told[-1] is runs[-1]
    assert told[-1].state is State.HARD
    assert [run.first_row for run in told] == sorted(run.first_row for run in told)
    assert telling_runs(runs, 10_000) == runs


def test_limits_are_drawn_over_the_tints():
    figure = next(f for f in figures_of(cells.soft()) if f.name == "cycles")
    kinds = [shape["type"] for shape in to_plotly(figure)["layout"]["shapes"]]
    assert kinds.index("line") > len(kinds) - 1 - kinds[::-1].index("rect")


def test_cycles_are_whole_numbers():
    figure = next(f for f in figures_of(cells.single_cycle()) if f.name == "cycles")
    assert to_plotly(figure)["layout"]["xaxis"]["dtick"] == 1


def test_a_strip_of_few_places_keeps_the_gravest_state():
    states = [State.HEALTHY] * 999 + [State.HARD]
    assert letters(states, 10) == "hhhhhhhhhX"
    assert packed_strip(cells.nothing().verdicts["state"]) == ""


def test_words():
    assert percent(0.123) == "12 %"
    assert percent(-0.021, signed=True) == "−2.1 %"
    assert percent(float("nan")) == "–"
    assert interval(0.71, 0.62, 0.8) == "71 % (62 to 80 %)"
    assert duration(90_000) == "25.0 h"
    assert number(0.000123456) == "1.23 × 10⁻⁴"


def test_colours_darken_in_order():
    light = [sum(int(c[i : i + 2], 16) for i in (1, 3, 5)) for c in in_order(6)]
    assert light == sorted(light, reverse=True)


def test_words_keep_their_distance():
    marks = [Mark(place, "CV") for place in (0.0, 1.0, 50.0, 100.0)]
    assert thinned(marks, 100.0) == [True, False, True, True]
