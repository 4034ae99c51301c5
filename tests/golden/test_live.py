"""Real records, replayed in chunks, give the verdicts of the batch."""

from dataclasses import replace

import pandas as pd
import pytest

from softbreak.data.history import assemble
from softbreak.data.readers import registry
from softbreak.data.record import Cell
from softbreak.models.diagnosis.diagnose import examine
from softbreak.models.live.cell import LiveCell

FILES = [
    "symmetric/gcpl.mpr",
    "symmetric/mb.issue_218.mpr",
    "symmetric/mb.mpr",
    "symmetric/thienenkamp_li_peo_li_POL.txt",
    "readers/arbin/arbin_example.res",
    "readers/biologic/ca.mpr",
    "readers/biologic/cv.mpr",
    "readers/eis/case-multiple-spectra.mpt",
    "readers/maccor/maccor_001.txt",
    "readers/neware/nda_v23.nda.zip",
    "readers/novonix/sample_data_novonix.csv",
]


@pytest.mark.parametrize("rows", [37, 1000])
@pytest.mark.parametrize("name", FILES)
def test_replayed(realdata, name, rows):
    history = assemble(Cell(name), registry.read(realdata / name))
    live = LiveCell(history.cell, "fused")
    for number, record in enumerate(history.records):
        for start in range(0, len(record.table), rows):
            live.update([replace(record, table=record.table.iloc[start : start + rows])])
        if number % 2:
            live = LiveCell.load(live.dump())
    live.finish()
    expected = examine(history, "fused").verdicts
    pd.testing.assert_frame_equal(live.verdicts, expected, check_exact=True)
