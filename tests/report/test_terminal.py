"""One cell on a terminal."""

import io

import pytest
from rich.console import Console

from softbreak.report.terminal import diagnosis_view
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
