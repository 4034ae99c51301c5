import os
import sys
from pathlib import Path

import pytest

from softbreak.archive.inputs.manifest import Manifest, load_manifest
from softbreak.archive.inputs.scan import scan
from softbreak.errors import ManifestError, ReadError


def archive(root, *names):
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    return root


def cells(root, **options):
    found = scan(root, load_manifest(root), **options)
    return {group.cell_id: [str(path) for path in group.files] for group in found.groups}


def test_a_folder_of_files_is_one_cell(tmp_path):
    archive(tmp_path, "A/cycling.csv", "A/eis.z", "A/after.DTA", "B/x.ndax")
    assert cells(tmp_path) == {"A": ["A/after.DTA", "A/cycling.csv", "A/eis.z"], "B": ["B/x.ndax"]}


def test_a_flat_folder_is_a_cell_a_file_but_for_techniques_and_running_numbers(tmp_path):
    archive(tmp_path, "a_01_GCPL_C01.mpr", "a_02_PEIS_C01.mpr", "b.csv", "cell_1.csv", "cell_2.csv")
    assert cells(tmp_path) == {
        "a_c01": ["a_01_GCPL_C01.mpr", "a_02_PEIS_C01.mpr"],
        "b": ["b.csv"],
        "cell_1": ["cell_1.csv"],
        "cell_2": ["cell_2.csv"],
    }


def test_folders_that_name_a_technique_belong_to_the_cell_above(tmp_path):
    archive(tmp_path, "batch/A/EIS/1.z", "batch/A/EIS/2.z", "batch/A/cycling/x.csv")
    assert list(cells(tmp_path)) == ["batch/A"]
    archive(tmp_path / "flat", "EIS/cell1.z", "cycling/cell1.csv", "EIS/cell2.z")
    assert list(cells(tmp_path / "flat")) == ["cell1", "cell2"]


def test_a_folder_whose_names_number_cells_holds_many(tmp_path):
    archive(tmp_path, *(f"2023/LPSCl_cell{k}.ndax" for k in range(1, 12)), "2023/cell3_EIS.z")
    assert len(cells(tmp_path)) == 12
    assert list(cells(tmp_path))[:2] == ["2023/cell3_EIS", "2023/LPSCl_cell1"]


def test_root_files_and_folders_together(tmp_path):
    archive(tmp_path, "a.csv", "b/x.csv", "b/y.csv", "a/z.csv")
    found = cells(tmp_path)
    assert sorted(map(sorted, found.values())) == [["a.csv"], ["a/z.csv"], ["b/x.csv", "b/y.csv"]]


def test_exports_do_not_count_beside_their_native_file(tmp_path):
    archive(tmp_path, "A/x.mpr", "A/x.mpt", "A/y.mpt", "b.ndax", "b.csv", "c.csv", "c.z")
    found = scan(tmp_path, Manifest())
    assert {g.cell_id: (list(map(str, g.files)), dict(g.spares)) for g in found.groups} == {
        "A": (["A/x.mpr", "A/y.mpt"], {"A/x.mpr": ("A/x.mpt",)}),
        "b": (["b.ndax"], {"b.ndax": ("b.csv",)}),
        "c": (["c.csv", "c.z"], {}),
    }


def test_the_store_of_a_watch_is_left_out(tmp_path):
    (tmp_path / "c1.csv").touch()
    for name in ("softbreak-watch.db", "softbreak-watch.db-wal"):
        (tmp_path / name).write_bytes(b"SQLite format 3")
    found = scan(tmp_path, Manifest())
    assert [group.cell_id for group in found.groups] == ["c1"]
    assert {skipped.reason for skipped in found.skipped} == {"the store of a watch"}


def test_junk_is_silent_and_documents_are_told(tmp_path):
    archive(
        tmp_path,
        ".DS_Store",
        "Thumbs.db",
        "A/desktop.ini",
        "A/._x.csv",
        "A/~$notes.xlsx",
        "__MACOSX/x.csv",
        ".git/config",
        "A/paper.pdf",
        "A/x.csv",
        "A/x.mps",
    )
    found = scan(tmp_path, Manifest())
    assert [list(map(str, g.files)) for g in found.groups] == [["A/x.csv"]]
    assert {tuple(row) for row in found.skipped} == {
        (".git", "hidden"),
        ("A/paper.pdf", "no data: a document"),
        ("A/x.mps", "no data: EC-Lab settings"),
    }


def test_results_are_no_data(tmp_path):
    archive(tmp_path, "a.csv", "old/run.json", "old/verdicts.parquet", "old/cells.parquet")
    archive(tmp_path, "new/half_done.parquet")
    assert list(cells(tmp_path, out=tmp_path / "new")) == ["a"]


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege on Windows")
def test_links_neither_loop_nor_leave_nor_count_twice(tmp_path):
    root = archive(tmp_path / "root", "A/x.csv")
    archive(tmp_path / "outside", "secret.csv")
    (root / "A" / "loop").symlink_to(root)
    (root / "out").symlink_to(tmp_path / "outside")
    (root / "passwd.csv").symlink_to(tmp_path / "outside" / "secret.csv")
    (root / "again.csv").symlink_to(root / "A" / "x.csv")
    (root / "dangling.csv").symlink_to(root / "nothing.csv")
    found = scan(root, Manifest())
    assert [list(map(str, g.files)) for g in found.groups] == [["A/x.csv"]]
    assert {path for path, _ in found.skipped} == {
        "A/loop",
        "out",
        "passwd.csv",
        "again.csv",
        "dangling.csv",
    }


def test_a_folder_that_cannot_be_listed_is_a_failure(tmp_path, monkeypatch):
    archive(tmp_path, "A/x.csv", "locked/y.csv")
    real = os.scandir

    def refuse(folder):
        if Path(folder).name == "locked":
            raise PermissionError(13, "Permission denied")
        return real(folder)

    monkeypatch.setattr(os, "scandir", refuse)
    found = scan(tmp_path, Manifest())
    assert [g.cell_id for g in found.groups] == ["A"]
    (failure,) = found.failures
    assert failure[:2] == ("locked", "scan")
    assert "Permission denied" in failure.error


def test_a_single_file_is_an_archive_of_one_cell(tmp_path):
    archive(tmp_path, "x.csv", "y.csv")
    found = scan(tmp_path / "x.csv", Manifest())
    assert (found.root, [g.cell_id for g in found.groups]) == (tmp_path, ["x"])


def test_nothing_there_is_an_error(tmp_path):
    with pytest.raises(ReadError, match="no such file or folder"):
        scan(tmp_path / "nowhere", Manifest())


def test_the_manifest_names_cells_and_the_rest_is_grouped(tmp_path):
    archive(tmp_path, "old/1.csv", "old/2.csv", "old/deep/3.csv", "named.csv", "rest.csv")
    (tmp_path / "cells.csv").write_text(
        "cell_id,files,area_cm2\nX,old/1.csv;old/**/3.csv,1\nnamed,,2\nY,old/9*.csv,1\nZ,,3\n"
    )
    found = scan(tmp_path, load_manifest(tmp_path))
    told = {g.cell_id: (list(map(str, g.files)), g.cell.area_cm2) for g in found.groups}
    assert told == {
        "X": (["old/1.csv", "old/deep/3.csv"], 1.0),
        "named": (["named.csv"], 2.0),
        "old": (["old/2.csv"], None),
        "rest": (["rest.csv"], None),
    }
    assert [failure.path for failure in found.failures] == ["cells.csv", "cells.csv"]
    assert "old/9*.csv" in found.failures[0].error
    assert "cell Z" in found.failures[1].error


def test_a_folders_name_as_glob_means_all_that_it_holds(tmp_path):
    archive(tmp_path, "A/x.csv", "A/deep/y.csv", "B/z.csv")
    (tmp_path / "cells.csv").write_text("cell_id,files\nX,A\n")
    assert cells(tmp_path)["X"] == ["A/deep/y.csv", "A/x.csv"]


def test_a_file_in_two_cells_is_refused(tmp_path):
    archive(tmp_path, "a.csv")
    (tmp_path / "cells.csv").write_text("cell_id,files\nX,*.csv\nY,a.*\n")
    with pytest.raises(ManifestError, match=r"row 3, column files.*row 2 names too"):
        cells(tmp_path)
