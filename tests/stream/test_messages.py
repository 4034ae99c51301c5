"""Messages come from outside: whatever they hold, they are understood or refused in a sentence."""

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from softbreak.data.record import ArrayRecord, Record, Technique
from softbreak.simulate.records import simulate
from softbreak.stream.sources.messages import MessageError, dump, parse

FLAT = {"cell_id": "c", "test_time_second": 1.0, "voltage_volt": 0.1, "current_ampere": None}
TABLE = {"test_time_second": [1, 2], "voltage_volt": [0.1, 0.2], "current_ampere": [1e-3, 1e-3]}


def refused(**told):
    with pytest.raises(MessageError) as error:
        parse(json.dumps({"cell_id": "c", "table": TABLE, **told}))
    return str(error.value)


def test_a_flat_sample():
    message = parse(json.dumps(FLAT))
    record = message.record()
    assert (message.samples, record.rows, record.technique) == (1, 1, Technique.CYCLING)
    assert math.isnan(record.array("current_ampere")[0])


def test_everything_that_can_be_said():
    told = {
        "cell_id": "c",
        "table": {**TABLE, "cycle_count": [1, 1]},
        "technique": "voltammetry",
        "sequence": 7,
        "file": "run 1",
        "position": 2,
        "started_unix_second": 1.7e9,
        "facts": {"area_cm2": 0.785, "electrolyte": "LPSCl"},
        "restart": True,
        "end": True,
    }
    message = parse(json.dumps(told))
    record = message.record()
    assert (message.sequence, message.restart, message.end) == (7, True, True)
    assert (record.source.path, record.source.position) == ("run 1", 2)
    assert record.source.started_unix_second == 1.7e9
    assert (record.cell.area_cm2, record.cell.electrolyte) == (0.785, "LPSCl")
    assert record.table["cycle_count"].dtype == np.int64


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"cell_id": ""}, "1 to 200 letters"),
        ({"cell_id": 7}, "1 to 200 letters"),
        ({"cell_id": "a\x00b"}, "1 to 200 letters"),
        ({"cell_id": "a" * 201}, "1 to 200 letters"),
        ({"technique": "sorcery"}, "expected one of cycling"),
        ({"technique": "impedance"}, "no column frequency_hertz"),
        ({"table": []}, "expected lists by column"),
        ({"table": {}}, "no column test_time_second"),
        ({"table": {**TABLE, "nonsense": [1, 2]}}, "a column 'nonsense'"),
        ({"table": {**TABLE, "voltage_volt": [1]}}, "expected one length"),
        ({"table": {name: [] for name in TABLE}}, "expected one length, not 0"),
        ({"table": {**TABLE, "voltage_volt": [[1], [2]]}}, "a list of numbers"),
        ({"table": {**TABLE, "voltage_volt": ["x", 1]}}, "a list of numbers"),
        ({"table": {**TABLE, "voltage_volt": {"a": 1}}}, "a list of numbers"),
        ({"table": {**TABLE, "cycle_count": [1, None]}}, "a list of numbers"),
        ({"sequence": -1}, "a whole number"),
        ({"sequence": 1.5}, "a whole number"),
        ({"sequence": True}, "a whole number"),
        ({"position": "2"}, "a whole number"),
        ({"started_unix_second": "now"}, "seconds since 1970"),
        ({"facts": {"area_cm2": "big"}}, "facts of c"),
        ({"facts": {"area_cm2": -1}}, "facts of c"),
        ({"facts": {"colour": "red"}}, "expected some of area_cm2"),
        ({"facts": [1]}, "expected an object by name"),
    ],
)
def test_what_is_refused(told, words):
    assert words in refused(**told)


def test_what_is_no_number_is_not_known():
    told = '{"cell_id": "c", "table": {"test_time_second": [1, 2], "voltage_volt": [NaN, Infinity],'
    message = parse(told + '"current_ampere": [null, -Infinity]}}')
    assert np.isnan(message.columns["voltage_volt"]).all()
    assert np.isnan(message.columns["current_ampere"]).all()


def test_too_long_and_too_deep(monkeypatch):
    with pytest.raises(MessageError, match="no JSON"):
        parse(b"[" * 100_000)
    monkeypatch.setattr("softbreak.stream.sources.messages.MOST_BYTES", 10)
    with pytest.raises(MessageError, match="at most 10"):
        parse(json.dumps(FLAT))


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=5) | st.integers(),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(
                st.sampled_from(["cell_id", "table", "facts", "technique", "sequence", *TABLE]),
                inner,
            )
        ),
        max_leaves=20,
    )
)
def test_anything_at_all_is_a_message_or_an_error_of_ours(told):
    try:
        message = parse(json.dumps(told))
    except MessageError:
        return
    assert message.record().rows == message.samples


def test_a_record_survives_the_way_through_a_message():
    for record in simulate(1, seed=3, cycles=6, every=3, faulty=1.0)[0]:
        back = parse(dump(record, slice(1, 4), 5)).record()
        assert isinstance(back, Record)
        assert isinstance(back, ArrayRecord)
        assert (back.technique, back.cell) == (record.technique, record.cell)
        expected = record.table.iloc[1:4]
        for name in record.table.columns:
            assert back.has(name)
            np.testing.assert_array_equal(back.array(name), expected[name].to_numpy())
        assert list(back.table.columns) == list(record.table.columns)
        assert back.table is back.table
        assert back.with_cell(record.cell).rows == 3
        assert str(record.technique) in repr(back)
