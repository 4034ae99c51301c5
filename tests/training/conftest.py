"""One small population that the tests share."""

from __future__ import annotations

import pytest

from softbreak.training.evidence_drop import HALF
from softbreak.training.population import build
from softbreak.training.recipes import PopulationRecipe, Stratum
from softbreak.training.train import Plan, train
from tests.training.small_learner import KIND, LEARNER

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


@pytest.fixture(scope="session")
def small():
    """A learner of the tests' own in the table of learners."""
    from softbreak.models.learned import learners as learner

    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(learner.LEARNERS, "small", LEARNER)
        patch.setitem(learner.KINDS, "Small", KIND)
        yield learner.learner_of("small")


@pytest.fixture(scope="session")
def plan():
    """What the tests train."""
    return Plan("small", cells=24, seed=11)


@pytest.fixture(scope="session")
def cells_at(tmp_path_factory):
    """Where the cells of the plan are kept."""
    return tmp_path_factory.mktemp("cells")


@pytest.fixture(scope="session")
def trained(plan, small, cells_at, tmp_path_factory):
    """The model of the plan."""
    return train(plan, tmp_path_factory.mktemp("trained") / "model", population=cells_at)


@pytest.fixture(scope="session")
def lesson_cells(tmp_path_factory):
    """Enough cells, and short enough lives, that something can be learnt in a second."""
    recipe = PopulationRecipe(90, seed=6, strata=(Stratum(16, 0),), block=45, faulty=0.7)
    return build(recipe, tmp_path_factory.mktemp("lesson"))
