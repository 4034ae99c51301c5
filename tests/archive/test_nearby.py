"""A manifest counts whether the archive, a cell's folder or one of its files is read."""

import logging

import pytest

import softbreak
from softbreak.archive.feature_tables import write_features
from softbreak.archive.inputs.cells import cells_of
from softbreak.archive.inputs.manifest import Manifest
from softbreak.archive.inputs.manifest_nearby import manifest_of
from softbreak.archive.inputs.scan import scan
from softbreak.archive.triage import triage
from softbreak.errors import ManifestError, SoftbreakError
from tests.archive.files import write_cell


def archive(root):
    """Two cells, of which the manifest says the areas."""
    for name in ("cell7/a.csv", "cell7/EIS/b.csv", "cell8/a.csv"):
        write_cell(root / name)
    (root / "cells.csv").write_text("cell_id,area_cm2\ncell7,0.785\ncell8,1.5\n")
    return root


@pytest.mark.parametrize("part", ["cell7", "cell7/a.csv", "cell7/EIS/b.csv"])
def test_a_part_of_an_archive_is_known_from_its_manifest(tmp_path, part):
    cell = softbreak.read(archive(tmp_path) / part).cell
    assert (cell.cell_id, cell.area_cm2) == ("cell7", 0.785)


def test_what_is_said_outweighs_the_manifest(tmp_path):
    path = archive(tmp_path) / "cell7"
    assert softbreak.read(path, area_cm2=2.0).cell.area_cm2 == 2.0
    assert softbreak.read(path, area_cm2=None).cell.area_cm2 == 0.785


def test_one_file_of_triage_is_known_too(tmp_path):
    (group,) = scan(archive(tmp_path) / "cell8" / "a.csv", Manifest()).groups
    assert (group.cell_id, group.cell.area_cm2, group.named) == ("cell8", 1.5, True)


def test_several_cells_are_not_read_as_one(tmp_path):
    with pytest.raises(SoftbreakError, match=r"2 cells' \(cell7, cell8\)"):
        softbreak.read(archive(tmp_path))


def test_a_flat_folder_tells_cells_by_the_names_of_neighbours(tmp_path):
    paths = [
        write_cell(tmp_path / f"{name}.csv") for name in ("c1_cycling", "c1_eis", "c2_cycling")
    ]
    (tmp_path / "cells.csv").write_text("cell_id,area_cm2\nc1,0.5\nc2,0.6\n")
    assert softbreak.read(paths[0]).cell.area_cm2 == 0.5


def test_columns_that_are_mapped_are_read_by_every_verb(tmp_path):
    signs = [1 if k % 20 < 10 else -1 for k in range(80)]
    rows = "\n".join(f"{k},{0.1 * sign},{sign}" for k, sign in enumerate(signs))
    (tmp_path / "odd.txt").write_text("t,u,i\n" + rows + "\n")
    (tmp_path / "cells.toml").write_text(
        '[columns]\ntest_time_second = "t"\nvoltage_volt = "u"\n'
        'current_ampere = { column = "i", scale = 1e-3 }\n'
    )
    for history in (softbreak.read(tmp_path / "odd.txt"), *cells_of([tmp_path], {})):
        assert history.records[0].array("current_ampere").max() == 1e-3


def test_a_broken_manifest_is_told_of_and_one_far_above_is_not_ours(tmp_path, caplog):
    path = archive(tmp_path) / "cell7" / "a.csv"
    (tmp_path / "cells.csv").write_text("name\nx\n")
    with caplog.at_level(logging.WARNING):
        assert softbreak.read(path).cell.area_cm2 is None
    assert "cells.csv" in caplog.text
    (path.parent / "cells.csv").write_text("name\nx\n")
    with pytest.raises(ManifestError):
        softbreak.read(path)
    deep = write_cell(tmp_path / "far" / "b" / "c" / "d.csv")
    assert softbreak.read(deep).cell.cell_id == "d"


def test_a_manifest_above_counts_for_triage_and_features_too(tmp_path):
    root = archive(tmp_path / "archive")
    write_cell(root / "cell7" / "EIS" / "late.csv", ohm=90.0)
    for part in ("cell7", "cell7/EIS"):
        out = tmp_path / part.replace("/", "_")
        result = triage(root / part, out, workers=0)
        assert result.cells["cell_id"].to_list() == ["cell7"]
        (diagnosis,) = result.diagnoses()
        assert diagnosis.cell.area_cm2 == 0.785
        assert result.run["manifest"] == ("../cells.csv" if part == "cell7" else "../../cells.csv")
        assert write_features(root / part, out / "f.csv", pair_fits=False).cells == 1
    assert {cell.cell.cell_id for cell in cells_of([root / "cell7"], {})} == {"cell7"}


def test_what_a_manifest_above_does_not_name_is_grouped_as_ever(tmp_path):
    root = archive(tmp_path)
    folder = root / "more"
    for name in ("a.csv", "cell7.csv", "b_01_GCPL.csv", "b_02_GCPL.csv"):
        write_cell(folder / name)
    (root / "cells.csv").write_text("cell_id,files,area_cm2\ncell7,more/a.csv,0.7\nx,nowhere,1\n")
    found = scan(folder, manifest_of(folder))
    told = {g.cell_id: [str(path) for path in g.files] for g in found.groups}
    assert told == {
        "b": ["b_01_GCPL.csv", "b_02_GCPL.csv"],
        "cell7": ["a.csv"],
        "cell7 (not in the manifest)": ["cell7.csv"],
    }
    assert not found.failures
