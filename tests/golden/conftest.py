import os
from pathlib import Path

import pytest

DEFAULT = Path(__file__).parents[2].parent / "shared" / "realdata"


@pytest.fixture(scope="session")
def realdata() -> Path:
    """The folder of real measured files; a missing file in an existing folder fails its test."""
    folder = Path(os.environ.get("SOFTBREAK_REAL_DATA", DEFAULT))
    if not folder.is_dir():
        pytest.skip(f"no folder of real data at {folder}: set SOFTBREAK_REAL_DATA to run this test")
    return folder
