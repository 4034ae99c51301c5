"""One small population that the tests share."""

from __future__ import annotations

import pytest

from softbreak.training.evidence_drop import HALF
from softbreak.training.population import build
from softbreak.training.recipes import PopulationRecipe, Stratum

TINY = PopulationRecipe(
    14,
    seed=4,
    kept=HALF,
    strata=(Stratum(14, 6), Stratum(10, 5, confounding=2.0)),
    thinned=0.4,
    waveforms=True,
    block=7,
)


@pytest.fixture(scope="session")
def tiny_recipe():
    return TINY


@pytest.fixture(scope="session")
def tiny(tmp_path_factory):
    return build(TINY, tmp_path_factory.mktemp("tiny"))
