"""Text whose fields hold nothing to strip is told exactly: what it spares must change no value."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from softbreak.data.readers.tables import delimited
from softbreak.data.readers.tables.delimited import Header, Text, read_strings
from softbreak.errors import ReadError

FIELDS = st.lists(st.sampled_from(["1.5", '"', '""', '"a"', " ", "a b", "\t", ",", "\n", "\r\n"]))


def _read(body: bytes, monkeypatch: pytest.MonkeyPatch, *, strip: bool) -> str | list[object]:
    header = Header(("a", "b", "c"), ",", 0, 0)
    with monkeypatch.context() as patch:
        patch.setattr(delimited, "_BLOCK", 64)  # what one block leaves to the next is tried too
        if strip:
            patch.setattr(delimited, "_are_bare", lambda *_, **__: False)
        try:
            return read_strings(Text(Path("t.csv"), body), header, [0, 1, 2, 3]).rows()
        except ReadError as error:
            return str(error)


@settings(
    deadline=None,
    max_examples=400,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(parts=FIELDS)
def test_fields_are_as_if_all_had_been_stripped(
    parts: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    body = "".join(parts).encode() + b"\n"
    assert _read(body, monkeypatch, strip=False) == _read(body, monkeypatch, strip=True)


@pytest.mark.parametrize(
    ("body", "bare"),
    [
        (b'"1","a b",""\r\n"2","c,d","e"\r\n', True),
        (b'"1"," a","b"\n', False),
        (b'"1","a ","b"\n', False),
        (b'"1","a""b","c"\n', False),
        (b'"1","a\nb","c"\n', False),
        (b'1,a"b,c"d\n', False),
        (b'"1","2\n', False),
        (b'"1","2"\r', False),
    ],
)
@pytest.mark.parametrize("block", [64, 128, 1 << 17])
def test_quotes_are_left_to_the_parser_where_they_enclose_fields(
    body: bytes, bare: bool, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delimited, "_BLOCK", block)
    assert delimited._are_bare(body, ",", quoted=True) is bare
