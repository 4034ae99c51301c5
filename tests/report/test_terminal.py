"""One cell on a terminal."""

import io

import pytest
from rich.console import Console

from softbreak.report.terminal import _span, diagnosis_view
from tests.report import cells


def shown(diagnosis, *, width=100, encoding="utf-8"):
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding, errors="replace")
    Console(file=stream, width=width, force_terminal=False).print(diagnosis_view(diagnosis))
    stream.flush()
    return stream.buffer.getvalue().decode(encoding)


@pytest.mark.parametrize("diagnosis", cells.every_kind(), ids=lambda d: d.summary["cell_id"])
def test_every_kind_of_cell_is_shown(diagnosis):
    text = shown(diagnosis)
    assert diagnosis.summary["cell_id"] in text
    assert str(diagnosis.summary["state"]) in text
    assert "nan" not in text.lower().replace("nanometre", "")


def test_states_and_evidence_are_there():
    text = shown(cells.soft())
    assert "hhhh" in text
    assert "ssss" in text
    assert "V/I" in text


def test_an_old_console_gets_a_line_of_ascii():
    text = shown(cells.soft(), encoding="ascii")
    line = next(line for line in text.splitlines() if line.startswith("V/I"))
    assert set(line.removeprefix("V/I").strip()) <= set("_.-=+*#@")


@pytest.mark.parametrize("width", [40, 200])
def test_any_width_will_do(width):
    lines = shown(cells.soft(), width=width).splitlines()
    assert max(map(len, lines)) <= width


@pytest.mark.parametrize(
    ("ends", "area", "told"),
    [
        ((1.3, 7000.0), None, "1.30 Ω to 7.00 kΩ (lowest to highest)"),
        ((9400.0, 10200.0), None, "9.40 to 10.2 kΩ (lowest to highest)"),
        ((305.1, 305.2), None, "305 Ω"),
        ((1.0, 5.0), 2.0, "2.00 to 10.0 Ω cm² (lowest to highest)"),
    ],
)
def test_each_end_of_a_life_has_a_unit_that_suits_it(ends, area, told):
    assert _span(*ends, area) == told
