"""The smallest edition, made once."""

from pathlib import Path

import pytest

from softbreak.bench.editions import EDITIONS
from softbreak.bench.make import make


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("bench") / "tiny", EDITIONS["tiny"])
