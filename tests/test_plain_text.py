"""What leaves: nothing in it moves a cursor, turns the writing, or runs in a spreadsheet."""

import io
import json

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from softbreak.archive.results.query import write_csv
from softbreak.cli import console
from softbreak.plain_text import json_text, one_line, spreadsheet_text, visible

HOSTILE = ["a\x1b[2Jb", "a\ab", "a\u202eb", "a\x9bb", "a\u2028b", "a\rb", "a\x00b", "a\u200bb"]


@pytest.mark.parametrize("text", HOSTILE)
def test_what_is_not_seen_is_shown_as_its_number(text):
    shown = one_line(text)
    assert shown.isprintable()
    assert shown.startswith("a\\")
    assert shown.endswith("b")


@pytest.mark.parametrize("text", ["", "cell 7", "Zelle_ä", "電池　1", "R\u00a0=\u00a01 Ω", "η|σ"])
def test_what_is_seen_stays(text):
    assert one_line(text) == visible(text) == text


@given(st.text())
def test_lines_stay_lines_and_json_stays_the_same(text):
    assert visible(text).count("\n") == text.count("\n")
    told = json.dumps({"a": text}, ensure_ascii=False)
    assert json.loads(json_text(told)) == {"a": text}
    assert all(c.isprintable() or c in "\n\t" or c.isspace() for c in json_text(told))


@pytest.mark.parametrize("text", ["=1+1", "+A1", "-A1", "@SUM(A1)", "\t=1", "=", "-2+3", "＝1+1"])
def test_no_text_is_run_by_a_spreadsheet(text):
    shown = spreadsheet_text(text)
    assert shown == "=" or not shown.startswith(("=", "+", "-", "@", "\t", "＝"))


@pytest.mark.parametrize("text", ["-1.5", "+2", "-1e-06", "-", "cell-7", "a=b", ""])
def test_numbers_and_other_texts_stay(text):
    assert spreadsheet_text(text) == text


def answer(*names):
    table = pa.table({"cell_id": list(names), "value": [-1.5] * len(names)})
    return pa.RecordBatchReader.from_batches(table.schema, table.to_batches())


def test_csv_is_quoted_unless_it_is_wanted_raw():
    names = ("=cmd()", "a\x1b[2Jb")
    plain, raw = io.StringIO(), io.StringIO()
    write_csv(answer(*names), plain)
    write_csv(answer(*names), raw, raw=True)
    assert plain.getvalue() == "cell_id,value\n'=cmd(),-1.5\na\\x1b[2Jb,-1.5\n"
    assert raw.getvalue() == "cell_id,value\n=cmd(),-1.5\na\x1b[2Jb,-1.5\n"


def test_a_terminal_obeys_no_name(capsys):
    from rich.table import Table
    from rich.text import Text

    table = Table()
    table.add_column("cell")
    for text in HOSTILE:
        table.add_row(Text(text))
    console.stdout().print(table)
    console.stdout().print(Text("\n".join(HOSTILE)))
    console.say("\n".join(HOSTILE))
    console.print_json({"cells": HOSTILE})
    told = capsys.readouterr().out
    assert all(c.isprintable() or c == "\n" for c in told)
    assert json.loads(told[told.index("{") :]) == {"cells": HOSTILE}
