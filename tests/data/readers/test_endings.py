"""Whether a last line without an end is whole."""

from pathlib import Path

import pytest

from softbreak.data.readers.registry import read
from softbreak.data.readers.tables.endings import is_whole, without_unfinished


@pytest.mark.parametrize(
    ("text", "models", "whole"),
    [
        ("0.0500", ["0.0501", "-0.0502"], True),
        ("0.05", ["0.0501", "0.0502"], False),
        ("-5.000E-01", ["5.000E-01"] * 3, True),
        ("-5.000E-0", ["5.000E-01"] * 3, False),
        ("-5.000E-", ["5.000E-01"] * 3, False),
        ("-5.000", ["5.000E-01"] * 3, False),
        ("0,05", ["0,05", "0,06"], True),
        ("0.05", ["0.05", "0.051"], False),  # as many decimals as it takes: a cut looks alike
        ("12", ["11", "11"], True),
        ("1", ["11", "12"], False),
        ("-", ["-1", "-1"], False),
        ("", ["1.0"], False),
        ("CC Chg", ["CC Chg", "Rest"], True),
        ("CC C", ["CC Chg"], False),
        ("2024-02-28 09:02:00", ["2024-02-28 09:00:00"], True),
        ("2024-02-28 09:0", ["2024-02-28 09:00:00"], False),
        ("1.0", [], False),
    ],
)
def test_the_last_field(text, models, whole):
    assert is_whole(text, models) is whole


def test_a_field_that_nobody_wants_may_be_cut():
    kept = without_unfinished(b"1,2.0,99\n2,2.0,9", ",", last=1)
    assert (kept.data, kept.unfinished) == (b"1,2.0,99\n2,2.0,9\n", "")


def test_blanks_without_end_are_no_row():
    assert without_unfinished(b"1,2\n  ", ",", 1).data == b"1,2\n  "


@pytest.mark.parametrize("missing", range(1, 16))
def test_any_cut_is_told_and_not_used(tmp_path: Path, missing):
    head = "Test Time / s,Voltage / V,Current / A\n"
    text = head + "".join(f"{k:.1f},{0.05 + k * 1e-4:.4f},0.0010\n" for k in range(10))
    path = tmp_path / "x.csv"
    path.write_text(text.rstrip("\n")[:-missing])
    (record,) = read(path)
    assert len(record.table) == 9
    assert "may have been cut" in record.source.stated["unfinished_row"]
    path.write_text(text.rstrip("\n"))
    assert len(read(path)[0].table) == 10
