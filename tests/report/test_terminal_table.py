"""Tables on a terminal: nothing is cropped, and no number is broken."""

import io
import re

import pytest
from rich.console import Console

from softbreak.report.terminal_table import terminal_table

COLUMNS = ("cycle", "peak mA cm⁻²", "the same at one T", "paper's rule", "η_e", "T °C")
ROW = ("1.1", "2.44", "+143 %", "undetermined", "39 % (5.0 to 100 %)", "25.0")


def shown(columns, rows, width):
    console = Console(width=width, record=True, file=io.StringIO())
    for part in terminal_table(columns, rows, width, title="Judged"):
        console.print(part)
    return console.export_text()


@pytest.mark.parametrize("rows", [1, 4, 5, 30])
@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_every_number_is_whole_at_every_width(width, rows):
    text = shown(COLUMNS, [ROW] * rows, width)
    assert max(map(len, text.splitlines())) <= width
    for word in ("(5.0 to 100 %)", "undetermined", "+143 %", "°C", "25.0"):
        assert text.count(word) >= (rows if word not in ("°C",) else 1), (word, text)
    assert not re.search(r"\bto *$", text, re.MULTILINE)


def test_a_wide_terminal_has_one_table():
    text = shown(COLUMNS, [ROW] * 5, 160)
    assert len(text.splitlines()) == 7


def test_a_word_wider_than_the_screen_is_folded():
    text = shown(("cell", "n"), [("x" * 90, "1")] * 5, 40)
    assert max(map(len, text.splitlines())) <= 40
    assert text.count("x") == 450
