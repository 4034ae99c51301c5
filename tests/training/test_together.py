"""What is held out together when a model calibrates itself."""

import pandas as pd

from softbreak.simulate.faults import FAMILIES
from softbreak.simulate.unusual import UNUSUAL
from softbreak.training.together import LAWS_OF_FAILURE, held_together


def test_every_family_has_a_law():
    assert set(LAWS_OF_FAILURE) == {*FAMILIES, *UNUSUAL} - {"healthy"}


def test_cells_stay_whole_and_healthy_ones_are_dealt_out():
    cells = [f"c{k // 3:02d}" for k in range(90)]
    truth = pd.DataFrame({"cell_id": cells, "family": ["healthy"] * 60 + ["mixed"] * 30})
    found = held_together(truth)
    assert pd.Series(found).groupby(cells).nunique().max() == 1
    assert set(found[:60]) == set(LAWS_OF_FAILURE.values())
    assert set(found[60:]) == {"slow"}
