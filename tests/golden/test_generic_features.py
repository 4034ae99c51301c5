"""Twins against tsfresh on the half-cycles of real cells."""

import numpy as np
import pytest

from softbreak.data.history import assemble
from softbreak.data.readers import registry
from softbreak.data.record import Cell
from softbreak.features.generic.curves import curves_of
from softbreak.features.generic.table import from_dict
from softbreak.features.generic.tsfresh_door import considered, extracted
from softbreak.features.generic.tsfresh_equivalents.table import KIND, has_twin, parsed

ROUNDING = 1e-12


@pytest.mark.parametrize("name", ["gcpl.mpr", "mb.mpr", "thienenkamp_li_peo_li_POL.txt"])
def test_all_twins_have_tsfresh_values(realdata, name):
    records = registry.read(realdata / "symmetric" / name)
    curves = curves_of(assemble(Cell(name), records))
    some = curves.taken(np.flatnonzero(curves.usable)[:2])
    reference = extracted(some, {KIND: considered(None)})
    names = [column for column in reference if has_twin(parsed(column))]
    assert len(names) > 600
    document = {
        "method": "tsfresh",
        "fdr_level": 0.01,
        "largest": 1000,
        "selected": [{"name": column, "p_value": 0.0} for column in names],
    }
    found = from_dict(document).transform(some)
    expected = reference[names].replace([np.inf, -np.inf], np.nan)
    # √(1 − r²) of points on a line is the root of the last bit of r: 1e-8, there and here
    slack = np.where(["stderr" in column for column in names], 1e-7, ROUNDING)
    away = (found - expected).abs().to_numpy()
    same = (away <= 1e-9 * expected.abs().to_numpy() + slack) | (
        found.isna() & expected.isna()
    ).to_numpy()
    assert same.all(), [names[k] for k in np.flatnonzero(~same.all(axis=0))]
