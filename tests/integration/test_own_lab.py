"""From an archive without labels to a model of the lab's own, through the page's API, in small."""

import numpy as np
import pytest

from tests.integration.own_lab import Lab, played, simulated

pytestmark = pytest.mark.filterwarnings("ignore")


def test_a_lab_reviews_its_archive_and_learns_from_it(tmp_path):
    lab = Lab(tmp_path, 9, cycles=10, seed=1500)
    lesson = simulated("logistic", 20, tmp_path / "population")
    scores, left = played(lab, lesson, model="logistic", reviewed=3, seed=0)
    table = scores.set_index("detector")
    orders = {f"logistic, {one} review" for one in ("informative", "random", "no")}
    assert orders | {"hybrid", "fused", "cv-hardened", "always soft", "always healthy"} == set(
        table.index
    )
    assert 3 <= len(left) <= 6, "three reviewed in each order, some of them in both"
    assert set(table["cells"]) == {len(left)}, "all are judged on the same cells"
    assert np.isfinite(table.loc[sorted(orders), "macro_f1_forced"]).all()
    again, _ = played(lab, lesson, model="logistic", reviewed=3, seed=1)
    assert set(again["detector"]) == set(scores["detector"])
