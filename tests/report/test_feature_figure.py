import numpy as np
import pytest

from softbreak.errors import SoftbreakError
from softbreak.features.table import features_of
from softbreak.models.diagnosis.diagnose import diagnose
from softbreak.report.feature_figure import feature_figure
from softbreak.verdict import State
from tests.features.synthetic import cycled


@pytest.fixture(scope="module")
def cell():
    history = cycled(lambda h: np.where(h >= 20.5, 2.0, 100.0))
    return features_of(history), diagnose(history)


def test_values_over_time_with_the_states_behind_them(cell):
    table, verdicts = cell
    figure = feature_figure(table, verdicts, "resistance_ohm")
    (panel,) = figure.panels
    assert panel.label == "resistance_ohm / Ω"
    assert panel.logarithmic  # 100 to 2 Ω
    assert [curve.label for curve in panel.curves] == [
        "positive half-cycles",
        "negative half-cycles",
    ]
    assert panel.curves[0].x[0] == pytest.approx(0.5, abs=0.02)  # h
    assert panel.rules[0].y == pytest.approx(100.0, rel=1e-3)
    assert {stripe.state for stripe in figure.stripes} >= {State.HEALTHY}
    assert figure.stripes[-1].end == pytest.approx(40.0, abs=0.1)


def test_shares_are_drawn_on_a_linear_axis(cell):
    assert not feature_figure(*cell, "plateau_share").panels[0].logarithmic


def test_a_measurement_between_half_cycles_is_marked_where_it_was_made():
    table = features_of(cycled(lambda h: 100.0 + h)).assign(
        cv_omega_initial=np.repeat([np.nan, 0.1, 0.3, 0.3], 10),
        cv_age_half_cycles=np.repeat([np.nan, 0.0, 0.0, 0.0], 10) + np.tile(np.arange(10.0), 4),
    )
    line, marks = feature_figure(table, table.head(0), "cv_omega_initial").panels[0].curves
    assert len(line.x) == 40
    assert marks.y == pytest.approx([0.1, 0.3, 0.3])


def test_what_cannot_be_drawn_is_said(cell):
    with pytest.raises(SoftbreakError, match="did you mean slope"):
        feature_figure(*cell, "slop")
    with pytest.raises(SoftbreakError, match="this cell has no eis_arc_share"):
        feature_figure(*cell, "eis_arc_share")
    with pytest.raises(SoftbreakError, match="there is no feature 'zzz'"):
        feature_figure(*cell, "zzz")


def test_it_is_drawn(cell, tmp_path):
    path = feature_figure(*cell, "slope").save(tmp_path / "slope.svg")
    assert path.read_text(encoding="utf-8").startswith("<?xml")
