"""Cells and states that the simulator's tests share."""

from __future__ import annotations

import numpy as np
import pytest

from softbreak.simulate.cell import STATE, begin, warm
from softbreak.simulate.paper import paper_cells
from softbreak.simulate.specimen import perform


def fresh_state(cell: np.ndarray, temperature: float | None = None) -> np.ndarray:
    """Return the state of a new cell at a temperature (its reference where not given)."""
    states = np.zeros(1, STATE)
    begin(cell[0], states[0])
    if temperature is not None:
        warm(cell[0], states[0], temperature)
    return states


@pytest.fixture(scope="session")
def paper() -> dict:
    """Outcomes of the paper's cells, by name."""
    return {one.about.cell_id: perform(one) for one in paper_cells()}
