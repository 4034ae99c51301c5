"""What a half-cycle, a voltammogram or a spectrum says, in numbers.

The package is a function too: ``softbreak.features(cell)`` gives the table of all features of a
cell, :func:`softbreak.features.table.features_of`.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from softbreak.data.history import CellHistory


class _Callable(ModuleType):
    """A package that can be called: its name is the verb that people expect."""

    def __call__(self, history: CellHistory, **options: Any) -> pd.DataFrame:
        """Measure all features of a cell; see :func:`softbreak.features.table.features_of`."""
        from softbreak.features.table import features_of

        return features_of(history, **options)


sys.modules[__name__].__class__ = _Callable
