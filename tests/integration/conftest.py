from tests.golden.conftest import realdata

__all__ = ["realdata"]
