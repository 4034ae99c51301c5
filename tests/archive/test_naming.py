from pathlib import PurePosixPath

import pytest

from softbreak.archive.inputs.file_names import (
    cell_key,
    identities,
    names_no_cell,
    names_technique,
    not_data,
    numbered,
    perhaps_not_data,
)
from softbreak.archive.inputs.grouping import group_files
from softbreak.archive.inputs.manifest import Manifest
from softbreak.data.names import stem_of


@pytest.mark.parametrize(
    "names",
    [
        ["LPSCl_a_01_GCPL_C03", "LPSCl_a_02_PEIS_C03", "LPSCl_a_03_CV_C03"],
        ["cell_07_EIS", "cell_07_cycling", "cell_07"],
        ["LGPS 3mA_001", "LGPS 3mA_002", "LGPS 3mA_010"],
        ["sample-A part1", "sample-A part2"],
        ["Li_LLZO_before_EIS", "Li_LLZO_after_EIS", "Li_LLZO"],
        ["LLZO_Teil1", "LLZO_Teil2"],
        ["LLZO_lauf_1", "LLZO_lauf_2"],
        ["LLZO_Teil_1", "LLZO_Teil_2", "LLZO (2)"],
        ["LPSCl_20240301", "LPSCl_20240402"],  # clocks tell
        ["run", "run (1)"],
    ],
)
def test_names_of_one_cell(names):
    assert len({cell_key(name) for name in names}) == 1


@pytest.mark.parametrize(
    "names",
    [
        ["cell_1", "cell_2", "cell_10"],
        ["cell1", "cell2"],
        ["Sample 3_CV", "Sample 4_CV"],
        ["sym_LPSCl_C01", "sym_LPSCl_C02"],
        ["LPSCl_a", "LPSCl_b"],
        ["20240301", "20240302"],
        ["1", "2", "3"],
        ["EIS", "CV"],
    ],
)
def test_names_of_several_cells(names):
    assert len({cell_key(name) for name in names}) == len(names)


def test_techniques_of_folders():
    assert names_technique("EIS")
    assert names_technique("02_CV after")
    assert not names_technique("LPSCl_EIS")
    assert not names_technique("2024")


def test_identities_are_cell_and_channel_numbers():
    stems = ["Cell 07 EIS", "x_C03", "zelle12b", "LPSCl", "excellent1"]
    assert identities(stems) == ["7", "3", "12b", "", ""]


def test_what_is_no_data():
    assert not_data(PurePosixPath("a/Poster.PDF")) == "a document"
    assert not_data(PurePosixPath("x.mps")) == "EC-Lab settings"
    assert not_data(PurePosixPath("x.mpr")) == ""
    assert perhaps_not_data(PurePosixPath("Notes_2.xlsx")) == "notes"
    assert perhaps_not_data(PurePosixPath("footnotes.csv")) == ""


@pytest.mark.parametrize(
    "names", [("data1", "data2"), ("file1", "file2"), ("export_1", "export_2")]
)
def test_words_that_name_no_cell_count_with_a_number_glued_to_them(names):
    assert [numbered(name).numbers for name in names] == [(1,), (2,)]
    assert len({numbered(name).key for name in names}) == 1
    (group,), _ = group_files([PurePosixPath(f"{name}.csv") for name in names], Manifest())
    assert len(group.files) == 2


def test_a_packed_file_has_the_name_of_what_it_holds():
    names = ("run_1.csv.gz", "run_1.csv", "a/run_1.bdf.parquet", "run_1.csv.zst", "run_1.zip")
    assert {stem_of(name) for name in names} == {"run_1"}
    assert stem_of("LLZO.003") == "LLZO"
    paths = [PurePosixPath(f"LLZO_run{k}.csv.gz") for k in (1, 2, 3)]
    (group,), _ = group_files(paths, Manifest())
    assert len(group.files) == 3


def test_a_folder_of_old_exports_belongs_to_the_cell_it_lies_in():
    paths = [
        PurePosixPath(name) for name in ("A/run.csv", "A/old/run.csv", "old/x.csv", "old/y.csv")
    ]
    groups, _ = group_files(paths, Manifest())
    assert [(g.cell_id, len(g.files)) for g in groups] == [("A", 2), ("old", 2)]
    assert not names_no_cell("old")


def cells_of(*names: str) -> dict[str, int]:
    groups, _ = group_files([PurePosixPath(name) for name in names], Manifest())
    return {group.cell_id: len(group.files) for group in groups}


@pytest.mark.parametrize(
    "folders",
    [
        ("2024-02-28", "2024-03-01"),
        ("28.02.2024", "01.03.2024"),
        ("20240228", "20240301"),
        ("240228", "240301"),
        ("2024/02/28", "2024/03/01"),
        ("Feb 2024", "March 2024"),
        ("part 1", "part 2"),
        ("day1", "day2"),
    ],
)
def test_dated_folders_of_one_cell(folders):
    assert cells_of(*(f"LLZO_a/{folder}/run.csv" for folder in folders)) == {"LLZO_a": 2}


def test_dated_folders_whose_files_are_several_cells():
    assert cells_of("P/2024-02-28/A.csv", "P/2024-03-01/B.csv") == {
        "P/2024-02-28": 1,
        "P/2024-03-01": 1,
    }
    both = [f"P/{day}/cell{k}.csv" for day in ("2024-02-28", "2024-03-01") for k in (1, 2)]
    assert cells_of(*both) == {"P/cell1": 2, "P/cell2": 2}


def test_numbered_folders_are_no_dates():
    assert cells_of("P/01/x.csv", "P/02/x.csv") == {"P/01": 1, "P/02": 1}
    assert cells_of("P/991234/x.csv", "P/995555/x.csv") == {"P/991234": 1, "P/995555": 1}


@pytest.mark.parametrize("copy", ["Copy of LLZO_a", "Kopie von LLZO_a", "LLZO_a - Kopie"])
def test_a_copy_bears_the_name_of_its_cell(copy):
    assert cell_key(copy) == cell_key("LLZO_a")


def test_days_in_names_are_parts():
    assert cell_key("LLZO_day1") == cell_key("LLZO_day2") == "llzo"
