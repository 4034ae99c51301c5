"""However a cell is written down, its samples are the same, and so is what is said of it."""

import functools
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from softbreak.data.history import assemble
from softbreak.data.readers.registry import read
from softbreak.data.record import Cell, Record, Technique
from softbreak.models.diagnosis.diagnose import examine
from tests.metamorphic.recording import STYLES, TRUTH, Recording, recorded, samples
from tests.metamorphic.transforms import TRANSFORMS

SINGLE = 3e-7


def read_again(recording: Recording) -> Record:
    with tempfile.TemporaryDirectory() as folder:
        (record,) = read(recording.write(Path(folder)))
    return record


def assert_same_samples(recording: Recording, kind: str) -> Record:
    """The samples that were written, once each, in the order of their recording."""
    record = read_again(recording)
    there = recording.samples()
    if record.source.stated.get("unfinished_row"):
        there = np.unique(recording.rows[:-1])  # it was told
    truth = {name: column[there] for name, column in samples(kind).items()}
    assert record.technique is Technique.CYCLING
    assert len(record.table) == len(there)
    time = record.array("test_time_second")
    np.testing.assert_allclose(time - time[0], truth["time"] - truth["time"][0], atol=2e-2)
    np.testing.assert_allclose(record.array("voltage_volt"), truth["voltage"], rtol=SINGLE)
    np.testing.assert_allclose(record.array("current_ampere"), truth["current"], rtol=SINGLE)
    return record


@functools.cache
def states_of(kind: str) -> list[str]:
    """What is said of a cell as it is; the truth is in it."""
    record = read_again(recorded(kind, "bdf"))
    states = _states(record)
    onset = TRUTH[kind][1]
    assert set(states[:onset]) == {"healthy"}
    assert kind == "healthy" or kind in states[onset:]
    return states


def _states(record: Record) -> list[str]:
    history = assemble(Cell(cell_id="c"), [record])
    return [str(state) for state in examine(history, "fused").verdicts["state"]]


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("name", TRANSFORMS)
def test_samples_are_the_same(name, style):
    changed = TRANSFORMS[name](recorded("soft", style))
    if changed is None:
        assert style in ("bdf", "neware", "arbin", "own")  # a style that is never written so
    else:
        assert_same_samples(changed, "soft")


@pytest.mark.parametrize("kind", TRUTH)
@pytest.mark.parametrize("name", TRANSFORMS)
def test_no_verdict_is_another(name, kind):
    written = (TRANSFORMS[name](recorded(kind, style)) for style in ("neware", "own", "bdf"))
    record = assert_same_samples(next(w for w in written if w is not None), kind)
    states, usual = _states(record), states_of(kind)
    assert len(states) == len(usual)
    sure = [{a, b} for a, b in zip(states, usual, strict=True) if "undetermined" not in (a, b)]
    assert all(len(pair) == 1 for pair in sure)
    assert states == usual or name in ("rows lost", "no end to the last line")


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    kind=st.sampled_from(sorted(TRUTH)),
    style=st.sampled_from(sorted(STYLES)),
    names=st.lists(st.sampled_from(sorted(TRANSFORMS)), min_size=2, max_size=3, unique=True),
)
def test_several_at_once(kind, style, names):
    changed: Recording | None = recorded(kind, style)
    for name in names:
        changed = None if changed is None else TRANSFORMS[name](changed)
    assume(changed is not None)
    assert changed is not None
    assert_same_samples(changed, kind)
