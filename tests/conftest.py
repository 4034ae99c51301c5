"""Simulated archives that several rooms' tests share: written once a session."""

import logging

import pytest
from hypothesis import settings

# the same examples every time: a red run must mean a changed project
settings.register_profile("fixed", derandomize=True)
settings.load_profile("fixed")


@pytest.fixture(autouse=True)
def as_talkative_as_before():
    """A command that is run within a test says how much is logged from then on."""
    logger = logging.getLogger("softbreak")
    level = logger.level
    yield
    logger.setLevel(level)


@pytest.fixture(scope="session")
def technique_archive(tmp_path_factory):
    """Cells of known truth, one a protocol: rate test, depletion, full cells, one-way plating."""
    from softbreak.simulate.presets import write_preset

    return write_preset("techniques", tmp_path_factory.mktemp("techniques"), seed=1).archive


@pytest.fixture(scope="session")
def paper_archive(tmp_path_factory):
    """The paper's cells: LGPS with CV and leakage before and after, LPSCl over temperature."""
    from softbreak.simulate.presets import write_preset

    return write_preset("paper", tmp_path_factory.mktemp("paper"), seed=1).archive
