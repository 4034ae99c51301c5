"""What a half-cycle, a voltammogram or a spectrum says, in numbers.

The package is a function too:

    softbreak.features(cell, pair_fits=True) -> pandas.DataFrame

Parameters
----------
cell : CellHistory
    What :func:`softbreak.read` gives.
pair_fits : bool
    Compare each spectrum with the first one, which takes 25 ms a spectrum.

Returns
-------
pandas.DataFrame
    One row a half-cycle: which it is, then one column a feature, whose unit is in its name. NaN
    where there is no evidence. No row depends on what was measured after it.

Examples
--------
>>> import softbreak as sb
>>> cell = sb.read("examples/archive/LPSCl_hard.mpt")
>>> table = sb.features(cell)
>>> float(table["resistance_ohm"].iloc[0].round(1)) > 0
True

``softbreak.features.catalog.CATALOGUE`` describes each feature: formula, unit, and where a short
moves it.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from softbreak.data.history import CellHistory


class _Callable(ModuleType):
    """A package that can be called: its name is the verb that people expect."""

    def __call__(self, history: CellHistory, *, pair_fits: bool = True) -> pd.DataFrame:
        """Measure all features of a cell; see :func:`softbreak.features.table.features_of`."""
        from softbreak.features.table import features_of

        return features_of(history, pair_fits=pair_fits)


sys.modules[__name__].__class__ = _Callable
