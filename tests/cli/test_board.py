"""The live table of a watch, and its lines where there is no terminal."""

import io
from dataclasses import replace

import pytest
from rich.console import Console

from softbreak.cli.board import board_table, lag_words
from softbreak.cli.watch import _line
from softbreak.stream.alarm import Alarm, Level
from softbreak.stream.cell_board import Row
from softbreak.stream.counters import Metrics

WHY = "V/I has grown by 22 % over its first cycles: " + "a growing resistance hides much, " * 5


def row(name, alarm=None):
    volts = (0.1, 0.1, 0.05)
    return Row(name, "soft", 0.5, 0.4, 0.6, volts, 9, 900, 3600.0, 2.0, alarm, False, WHY)


def shown(rows, metrics=None, width=130, **options):
    console = Console(file=io.StringIO(), width=width)
    console.print(board_table(rows, metrics, width=width, **options))
    return console.file.getvalue().splitlines()


@pytest.mark.parametrize("width", [80, 130])
def test_a_running_watch_has_one_line_a_cell(width):
    rows = [row("cell1", Level.HARD), row("cell2"), row("cell3")]
    lines = shown(rows, Metrics(), width, most=2)
    assert [line.split()[0] for line in lines[:3]] == ["cell", "cell1", "cell2"]
    assert "3 cells, 1 with an alarm; 1 not shown" in " ".join(lines[3:])
    assert len(lines) <= 5


def test_one_cell_is_told_in_the_singular():
    assert "1 cell, 0 with an alarm" in " ".join(shown([row("cell1")]))


def test_a_finished_one_says_all_of_why():
    text = " ".join(" ".join(shown([row("cell1")])).split())
    assert text.count("hides") == 5


def test_the_end_of_an_alarm_does_not_sound_like_an_alarm(capsys):
    alarm = Alarm("c/soft/4", Level.SOFT, 4, 7200.0, "V/I fell by 80 %.")
    _line("c", alarm)
    _line("c", Alarm(*list_of(alarm), "recovered", 9, 14400.0))
    first, second = capsys.readouterr().out.splitlines()
    assert first.endswith("c: soft raised: V/I fell by 80 %.")
    assert second.endswith("c: soft of 2 h recovered")


def list_of(alarm):
    return alarm.key, alarm.level, alarm.cycle_index, alarm.time_second, alarm.sentence


def test_the_voltage_has_a_unit_and_the_lag_is_one_number():
    for width in (80, 130):
        text = " ".join(shown([row("cell1")], width=width))
        assert "|V| under current" in text
        assert "50.0 mV" in text
        assert "2 s" in text
    told = [lag_words(second) for second in (None, 0.4, 40.0, 200.0, 40_000.0, 7e6)]
    assert told == ["–", "0 s", "40 s", "3 min", "11 h", "81 d"]


def test_what_is_left_open_has_no_number():
    cell = replace(row("cell1"), state="undetermined")
    wide, narrow = (" ".join(shown([cell], width=width)) for width in (130, 80))
    assert "40 to 60 %" in wide
    assert "50 %" not in wide + narrow
