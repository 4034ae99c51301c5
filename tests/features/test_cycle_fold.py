"""Features of a live cell's cycles are those of the finished cell."""

import numpy as np
import pytest

from softbreak.data.history import assemble
from softbreak.features.cycle_fold import CycleFold
from softbreak.features.evidence.cell_evidence import gather
from softbreak.features.families.cycle import COLUMNS, cycle_features
from softbreak.features.kernels.cycle import CYCLE_COLUMNS
from softbreak.features.kernels.half_cycle import STATISTICS
from softbreak.models.rules.impedance import read_spectra
from softbreak.simulate.population import Recipe, blocks
from softbreak.simulate.records import block_records, describe


@pytest.mark.parametrize("position", [0, 3, 5])
def test_one_by_one(position):
    (block,) = list(blocks(Recipe(8, 21, "a", "train", cycles=12, faulty=0.9)))
    history = assemble(describe(block, position), block_records(block, position))
    evidence = gather(history)
    readings = read_spectra(evidence)
    cycles, half = evidence.timeline.cycles, evidence.timeline.half_cycles
    events = evidence.timeline.events
    fold, rows = CycleFold(evidence, readings), []
    for k in range(len(cycles)):
        rows.append(
            fold.row(
                cycles.loc[k, list(CYCLE_COLUMNS)].to_numpy(dtype=np.float64),
                half.loc[half["cycle_index"] == k, list(STATISTICS)].to_numpy(),
                events.loc[events["cycle_index"] == k, "change"].to_list(),
            )
        )
    expected = cycle_features(evidence, readings)[list(COLUMNS)].to_numpy()
    np.testing.assert_array_equal(np.array(rows), expected)
