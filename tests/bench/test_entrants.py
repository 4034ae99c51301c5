"""The entrants: every one fulfils the contract; an outsider's is scored at the first try."""

import re
import shlex
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from softbreak.bench.entrants import entrant, missing, names
from softbreak.bench.entrants.entrant import PlainCell, calibrate, read_cells, read_lessons, scored
from softbreak.bench.page import markdown, write_page
from softbreak.bench.run import run_program, run_shipped
from softbreak.bench.score import score_folder
from softbreak.bench.verdicts_file import FILE, read_verdicts
from softbreak.errors import SoftbreakError

ROOT = Path(__file__).parents[2]
QUICK = ("always-healthy", "by-chance", "threshold-v", "threshold-dvdt", "cusum", "spectral-dvdt")
HEAVY = ("stumpy",)
"""Takes a minute to compile: its entrant runs in the benchmark, not in every test."""


def _cell(fall: float = 1.0, rows: int = 30, cycles: int = 8) -> PlainCell:
    """A cell of 1 kΩ that loses a share of its V/I from its fifth cycle on."""
    sign = np.tile(np.repeat([1.0, -1.0], rows), cycles)
    cycle = np.repeat(np.arange(1, cycles + 1), 2 * rows)
    current = 1e-4 * sign
    voltage = 1e3 * current * np.where(cycle > 4, fall, 1.0)
    return PlainCell("one", 60.0 * np.arange(sign.size), current, voltage, cycle)


@pytest.mark.parametrize("name", names())
def test_verdicts_fulfil_the_contract(name: str, tiny: Path, tmp_path: Path) -> None:
    one = entrant(name)
    if missing(one) or set(one.needs) & set(HEAVY):
        pytest.skip(f"needs {', '.join(one.needs)}")
    lessons = [x for part in ("published-a", "published-c") for x in read_lessons(tiny / part)]
    learnt = one.learn(lessons) if one.learn else None
    if one.judge_folder:
        table = one.judge_folder(tiny / "hidden")
    else:
        assert one.judge_cell is not None
        cells = read_cells(tiny / "hidden")
        table = pd.concat([one.judge_cell(cell, learnt).assign(cell=cell.name) for cell in cells])
    table.to_csv(tmp_path / FILE, index=False)
    said = read_verdicts(tmp_path / FILE)
    assert set(said["cell"]) == {"cell-0001", "cell-0002", "cell-0003"}


def test_levels_are_those_of_the_cell() -> None:
    cell = _cell(fall=0.4)
    np.testing.assert_allclose(cell.resistance, [1000.0] * 4 + [400.0] * 4, rtol=1e-9)
    np.testing.assert_allclose(cell.relative, [1.0] * 4 + [0.4] * 4, rtol=1e-9)
    assert cell.curves(8).shape == (8, 16)
    np.testing.assert_allclose(cell.curves(8)[-1], 0.4, rtol=1e-9)


@pytest.mark.parametrize("name", ["threshold", "cusum"])
def test_scores_rise_with_the_fall(name: str) -> None:
    from importlib import import_module

    score = import_module(f"softbreak.bench.entrants.{name}").score
    assert score(_cell(fall=0.4))[-1] > score(_cell(fall=0.8))[-1] > score(_cell(fall=1.0))[-1]


def test_a_score_is_calibrated_on_what_is_published(tiny: Path) -> None:
    lessons = [x for part in ("published-a", "published-c") for x in read_lessons(tiny / part)]
    told = calibrate(lambda cell: 1.0 - cell.relative, lessons)
    assert np.isfinite([told.threshold, told.slope, told.intercept]).all()
    one = scored("x", "y", lambda cell: 1.0 - cell.relative, eta=True)
    assert one.judge_cell is not None
    table = one.judge_cell(_cell(fall=0.02), told)
    assert table["state"].tolist()[-1] == "hard"
    assert table["probability"].between(0.0, 1.0).all()


def test_runs_scores_and_writes_a_page(tiny: Path) -> None:
    assert run_shipped(tiny, QUICK) == {}
    page = write_page(tiny)
    text = page.read_text(encoding="utf-8")
    for name in QUICK:
        assert name in text
    scores = pd.read_csv(tiny / "scores.csv")
    hidden = scores[scores["set"] == "hidden"].set_index("entrant")
    assert hidden.loc["always-healthy", "false_alarms_1000h"] == 0.0
    assert hidden.loc["always-healthy", "coverage"] == 1.0
    assert "| always-healthy |" in markdown(scores)


def test_an_outsider_is_scored_at_the_first_try(tiny: Path) -> None:
    script = ROOT / "examples" / "bench_entry.py"
    imports = re.findall(r"^(?:import|from) (\w+)", script.read_text(), re.MULTILINE)
    assert set(imports) == {"csv", "sys", "pathlib", "numpy"}
    run_program(tiny, "outsider", f"{shlex.quote(sys.executable)} {shlex.quote(str(script))}")
    scores = score_folder(tiny)
    mine = scores[(scores["entrant"] == "outsider") & (scores["set"] == "hidden")]
    assert mine["coverage"].item() > 0.9
    assert np.isfinite(mine["macro_f1"].item())
    assert np.isfinite(mine["eta_error"].item())


def test_the_docs_show_the_example() -> None:
    script = (ROOT / "examples" / "bench_entry.py").read_text(encoding="utf-8")
    assert script in (ROOT / "docs" / "bench.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (f"{sys.executable} -c 'raise ValueError(7)'", "ValueError: 7"),
        (f"{sys.executable} -c 'pass'", "no such file"),
        ("there-is-no-such-program", "no program"),
    ],
)
def test_a_program_that_fails_is_named(tiny: Path, command: str, told: str) -> None:
    with pytest.raises(SoftbreakError, match=told):
        run_program(tiny, "failing", command)


def test_unknown_entrants_and_names_are_refused(tiny: Path) -> None:
    with pytest.raises(SoftbreakError, match="no entrant 'nobody'"):
        entrant("nobody")
    with pytest.raises(SoftbreakError, match="no name"):
        run_program(tiny, "../out", sys.executable)
