"""The quick look never hides a remark: with it and without it the sentences are the same."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softbreak.data import checks
from softbreak.data.quick_screen import BLOCK, Suspicion
from softbreak.data.record import Cell, Record, Source, Technique
from tests.features.streams import cycled, nasty

RECORDS = nasty() | {
    "clipped": cycled(noise=0.0) | {"voltage_volt": np.maximum(cycled()["voltage_volt"], 0.0)},
    "small": cycled(ohm=4.0),
    "sparse": cycled(interval=400.0),
    "two blocks": cycled(half=1000, halves=20),
}
WORDS = (np.nan, np.inf, -np.inf, 0.0, -0.01, 0.011, 1e4, 3e8)


def record(columns):
    return Record(Cell("c"), Technique.CYCLING, pd.DataFrame(columns), Source("c.csv"))


def remarks(rec, *, screened):
    with pytest.MonkeyPatch.context() as patch:
        if not screened:
            patch.setattr(checks, "suspicion", lambda *_: Suspicion(True, True, True, True))
        return checks.check_series(rec)


@pytest.mark.parametrize("name", RECORDS)
def test_nothing_is_hidden(name):
    rec = record(RECORDS[name])
    assert remarks(rec, screened=True) == remarks(rec, screened=False)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(sorted(RECORDS)),
    st.sampled_from(("test_time_second", "voltage_volt", "current_ampere")),
    st.sampled_from(WORDS),
    st.lists(st.integers(0, 239), max_size=150),
    st.sampled_from((1e-3, 1.0, 30.0)),
)
def test_nothing_is_hidden_in_spoilt_records(name, column, word, places, scale):
    columns = {key: values[:240] * scale for key, values in RECORDS[name].items()}
    columns[column][[place % len(columns[column]) for place in places]] = word
    rec = record(columns)
    assert remarks(rec, screened=True) == remarks(rec, screened=False)


@pytest.mark.parametrize("place", [1, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK])
def test_a_gap_between_blocks_is_seen(place):
    columns = cycled(half=1000, halves=40)
    columns["test_time_second"][place:] += 1e5
    assert [remark.topic for remark in remarks(record(columns), screened=True)] == ["clock-gap"]


def test_an_ordinary_record_is_not_looked_into(monkeypatch):
    def looked(*_):
        raise AssertionError

    for name in ("_clock", "_signs", "_small", "_missing"):
        monkeypatch.setattr(checks, name, looked)
    assert checks.check_series(record(cycled())) == []
