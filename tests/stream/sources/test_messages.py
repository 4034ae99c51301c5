"""One message: what it may hold, and that nothing in it can end a watch."""

import contextlib
import json

import pytest

from softbreak.stream.sources import messages
from softbreak.stream.sources.messages import MessageError, parse

TABLE = {"test_time_second": [0.0, 1.0], "voltage_volt": [0.1, 0.1], "current_ampere": [1e-3, 1e-3]}
HUGE = 10**400


def message(**told):
    return json.dumps({"cell_id": "C1", "table": TABLE, **told})


def test_facts_are_texts_and_numbers():
    facts = {"area_cm2": 0.785, "electrode": "Li", "notes": "ü", "porosity": None}
    told = parse(message(facts=facts))
    assert (told.cell.area_cm2, told.cell.electrode, told.cell.notes) == (0.785, "Li", "ü")


def test_a_configuration_is_known_by_its_usual_words():
    for text, meant in (("Full cell", "full"), ("3-electrode", "three-electrode"), ("", "")):
        assert parse(message(facts={"configuration": text})).cell.configuration == meant


@pytest.mark.parametrize(
    "facts",
    [
        {"notes": [1, 2]},
        {"notes": {"a": 1}},
        {"area_cm2": [0.785]},
        {"area_cm2": True},
        {"area_cm2": HUGE},
        {"notes": "\ud800"},
        {"notes": "a\0b"},
        {"notes": 5},
        {"electrode": 7},
        {"configuration": "round"},
        {"configuration": 7},
        {"notes": "x" * 20_000},
        ["area_cm2"],
        "area_cm2",
        7,
    ],
    ids=str,
)
def test_other_facts_are_refused(facts):
    with pytest.raises(MessageError, match=r"facts|text"):
        parse(message(facts=facts))


@pytest.mark.parametrize(
    "told",
    [
        {"started_unix_second": HUGE},
        {"started_unix_second": "yesterday"},
        {"sequence": HUGE},
        {"position": -1},
        {"file": "\udcff"},
        {"file": "a\0b"},
        {"file": [1]},
        {"cell_id": "\ud800"},
        {"cell_id": ["C1"]},
        {"technique": ["cycling"]},
        {"table": {**TABLE, "voltage_volt": [HUGE, 0.1]}},
        {"table": {**TABLE, "voltage_volt": [[0.1], [0.1]]}},
        {"table": {**TABLE, "voltage_volt": [{"a": 1}, 0.1]}},
        {"table": {**TABLE, "voltage_volt": [1e300, 0.1]}},
        {"table": {**TABLE, "cycle_count": [1e300, 1]}},
        {"table": [1, 2]},
    ],
    ids=lambda told: next(iter(told)),
)
def test_other_values_are_refused(told):
    with pytest.raises(MessageError):
        parse(message(**told))


def test_what_is_remembered_of_cells_is_bounded_by_its_size(monkeypatch):
    monkeypatch.setattr(messages, "MOST_CACHED", 1 << 20)
    cells = messages._Cells()
    notes = "x" * 10_000
    facts = json.dumps({"notes": notes})
    sizes = []
    for k in range(300):
        assert cells(f"C{k}", facts).cell_id == f"C{k}"
        sizes.append(sum(len(facts) for _, facts in cells._known))
    assert max(sizes) <= (1 << 20) + 2 * len(notes)
    assert cells("C299", json.dumps({"notes": notes})) is cells(
        "C299", json.dumps({"notes": notes})
    )


GOOD = {
    "cell_id": "c",
    "sequence": 1,
    "technique": "cycling",
    "facts": {"area_cm2": 0.785},
    "file": "s",
    "position": 0,
    "started_unix_second": 1.0,
    "restart": False,
    "end": False,
    "table": {"test_time_second": [1.0], "voltage_volt": [1.0], "current_ampere": [1.0]},
}


@pytest.mark.parametrize("place", [*GOOD, "area_cm2", "voltage_volt"])
@pytest.mark.parametrize("bracket", [("[", "", "]"), ('{"a":', "1", "}")], ids=["list", "object"])
def test_what_is_nested_is_refused_at_every_depth(place, bracket):
    """Also where it can just be parsed, and no longer be shown."""
    whole = json.dumps(GOOD)
    inner = {**GOOD, **GOOD["facts"], **GOOD["table"]}[place]
    key = f'"{place}": '
    for depth in [*range(880, 1000, 3), 2, 40, 100_000]:
        opened, within, closed = bracket
        deep = opened * depth + within + closed * depth
        text = whole.replace(key + json.dumps(inner), key + deep)
        assert text != whole
        if place in ("restart", "end"):  # whatever is not true is false
            with contextlib.suppress(MessageError):
                assert not parse(text).restart
        else:
            with pytest.raises(MessageError) as told:
                parse(text)
            assert len(str(told.value)) < 1000
