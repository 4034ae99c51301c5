"""Which files of a folder are one cell, in every verb."""

import numpy as np
import pandas as pd
import pytest

from softbreak.archive.feature_tables import write_features
from softbreak.archive.triage import triage
from softbreak.cli.watching import _Cells

STARTED = 1.7e9
LONG = 6 * 3600.0


def write(path, ohm, *, started=None, begin=0.0):
    half = np.repeat(np.arange(6), 30)
    time = begin + np.arange(half.size) * 120.0
    current = np.where(half % 2 == 0, 1e-4, -1e-4)
    noise = np.random.default_rng(len(path.name) + int(ohm)).standard_normal(half.size)
    table = pd.DataFrame(
        {
            "test_time_second": time,
            "voltage_volt": current * ohm * (1.0 + 1e-3 * noise),
            "current_ampere": current,
        }
    )
    if started is not None:
        table["unix_time_second"] = time + started
    path.parent.mkdir(parents=True, exist_ok=True)
    table.to_csv(path, index=False)


def archive(root, names, clocks):
    for k, name in enumerate(names):
        more = {
            "anew": {},
            "dated": {"started": STARTED + k * LONG},
            "an hour apart": {"started": STARTED + k * (LONG + 3600.0)},
            "days apart": {"started": STARTED + k * 86_400.0},
            "go on": {"begin": k * LONG},
        }[clocks]
        write(root / f"{name}.csv", 400.0 - 50.0 * k, **more)
    return root


ONE = [
    (["run_1", "run_2", "run_3"], "anew"),
    (["run_9", "run_10"], "anew"),
    (["x part1", "x part2"], "anew"),
    (["x_001", "x_002", "x_003"], "anew"),
    (["x_01_GCPL", "x_02_GCPL"], "anew"),
    (["x_01_GCPL", "x_02_CP", "x_04_GCPL"], "anew"),
    (["01_GCPL", "02_GCPL", "03_GCPL"], "dated"),
    (["01_GCPL_C03", "02_GCPL_C03"], "dated"),
    (["1", "2", "3"], "dated"),
    (["LLZO_1", "LLZO_2"], "go on"),
    (["LLZO_10", "LLZO_20"], "go on"),
    (["LLZO_10", "LLZO_20"], "dated"),
    (["LLZO/01", "LLZO/02"], "anew"),
    (["LLZO/LLZO_1", "LLZO/LLZO_2"], "anew"),
    (["LLZO/EIS_25", "LLZO/EIS_40", "LLZO/EIS_60"], "anew"),
    (["LLZO_Teil_1", "LLZO_Teil_2"], "anew"),
    (["LLZO", "LLZO (2)"], "go on"),
    (["run", "run (1)"], "dated"),
    (["LLZO_20231114", "LLZO_20231115"], "dated"),
    (["LLZO_14112023", "LLZO_15112023"], "an hour apart"),
    (["2023-11-14/LLZO7", "2023-11-15/LLZO7"], "dated"),
    (["LLZO/LLZO1", "LLZO/LLZO2"], "anew"),
    (["batch/S1", "batch/S2"], "dated"),
    (["batch/data1", "batch/data2"], "anew"),
]
SEVERAL = [
    (["LLZO_10", "LLZO_20", "LLZO_30"], "anew"),
    (["LLZO_5", "LLZO_10", "LLZO_15"], "anew"),
    (["NMC_811", "NMC_622"], "anew"),
    (["LLZO_10_GCPL", "LLZO_20_GCPL"], "anew"),
    (["LLZO_10", "LLZO_20"], "days apart"),
    (["LLZO_1", "LLZO_2", "LLZO_3"], "anew"),
    (["1", "2", "3"], "anew"),
    (["01_GCPL", "02_GCPL"], "anew"),
    (["LLZO/LLZO_10", "LLZO/LLZO_20"], "anew"),
    (["cell_1", "cell_2"], "dated"),
    (["run", "run (1)"], "anew"),
    (["LLZO_20231114", "LLZO_20231115"], "anew"),
    (["LLZO_20220301", "LLZO_20220305"], "an hour apart"),
    (["batch/S12_cyc", "batch/S13_cyc", "batch/S14_cyc"], "anew"),
    (["2023-11-14/run", "2023-11-15/run"], "anew"),
]


def watched(root):
    """How many cells a watch makes of a folder."""
    from softbreak.data.readers import registry

    cells = _Cells(root, "store.db")
    while True:
        found = cells.discover()
        several = [one for one in found if len(one.files) > 1]
        records = [[r for f in one.files for r in registry.read(root / f)] for one in several]
        if not any(cells.several(*both) for both in zip(several, records, strict=True)):
            return len(found)


@pytest.mark.parametrize(("names", "clocks"), [*ONE, *SEVERAL])
def test_one_cell_or_several(tmp_path, names, clocks):
    root = archive(tmp_path / "archive", names, clocks)
    expected = 1 if (names, clocks) in ONE else len(names)
    result = triage(root, tmp_path / "out", workers=0)
    assert len(result.cells) == expected
    assert write_features(root, tmp_path / "f.csv", pair_fits=False).cells == expected
    assert watched(root) == expected
    told = [row["told"] for row in result.run["joined"]]
    joined = [sentence for sentence in told if "are one cell by" in sentence]
    assert len(joined) == (expected == 1)
    again = triage(root, tmp_path / "out", workers=0)
    assert again.run["counts"]["cells_not_done_again"] == expected


def test_numbers_of_cells_and_of_parts_in_one_name(tmp_path):
    names = ["LLZO_10_01_GCPL", "LLZO_10_02_GCPL", "LLZO_20_01_GCPL", "LLZO_20_02_GCPL"]
    result = triage(archive(tmp_path / "a", names, "anew"), tmp_path / "out", workers=0)
    assert sorted(result.cells["cell_id"]) == ["llzo_10", "llzo_20"]
    assert result.cells["n_files"].to_list() == [2, 2]
    (reason, *_) = [row["told"] for row in result.run["joined"] if "not joined" in row["told"]]
    assert "do not run" in reason
    assert "cells.csv" in reason


def test_the_manifest_outweighs_all_names(tmp_path):
    root = archive(tmp_path / "archive", ["LLZO_10", "LLZO_20"], "anew")
    (root / "cells.csv").write_text("cell_id,files\nX,*.csv\n")
    result = triage(root, tmp_path / "out", workers=0)
    assert result.cells["cell_id"].to_list() == ["X"]
    (told,) = result.run["joined"]
    assert "by the manifest" in told["told"]


def test_a_cell_whose_files_name_none_bears_its_folders_name(tmp_path):
    root = archive(tmp_path / "LPSCl 7", ["01_GCPL", "02_GCPL"], "dated")
    assert triage(root, tmp_path / "out", workers=0).cells["cell_id"].item() == "LPSCl 7"


def test_files_of_several_cells_are_not_judged_as_one(tmp_path):
    import softbreak

    root = tmp_path / "x"
    for name, ohm in (("a", 400.0), ("b", 150.0)):
        write(root / f"{name}.csv", ohm, started=STARTED)
    diagnosis = softbreak.examine(softbreak.read(root))
    assert set(diagnosis.verdicts["state"]) == {"undetermined"}
    (mixed,) = [f.sentence for f in diagnosis.findings if f.topic == "mixed-cells"]
    assert "a.csv and b.csv were recorded at the same time" in mixed
