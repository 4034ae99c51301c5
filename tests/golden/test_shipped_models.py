"""Real cells come out right with the learned models too: never wrong healthy, no false alarm."""

import pytest

from softbreak.data.history import assemble
from softbreak.data.readers import registry
from softbreak.data.record import Cell
from softbreak.models.diagnosis.diagnose import examine

DETECTORS = ("hybrid", "hybrid-voltage")


def states_of(realdata, name, detector):
    records = registry.read(realdata / "symmetric" / name)
    return examine(assemble(Cell(name), records), detector).verdicts["state"].to_list()


@pytest.mark.parametrize("detector", DETECTORS)
def test_sodium_cell_is_healthy_then_hard(realdata, detector):
    states = states_of(realdata, "mb.issue_218.mpr", detector)
    assert states[0] == "healthy"
    assert states[-1] == "hard"
    assert "soft" not in states


@pytest.mark.parametrize("detector", DETECTORS)
@pytest.mark.parametrize(("name", "cycles"), [("gcpl.mpr", 16), ("mb.mpr", 4)])
def test_steady_cells_are_healthy(realdata, name, cycles, detector):
    assert states_of(realdata, name, detector) == ["healthy"] * cycles


@pytest.mark.parametrize("detector", DETECTORS)
def test_salt_depletion_is_no_short(realdata, detector):
    states = states_of(realdata, "thienenkamp_li_peo_li_POL.txt", detector)
    assert not set(states) & {"soft", "hard"}
