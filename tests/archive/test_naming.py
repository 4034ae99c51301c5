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
        ["LPSCl_20240301", "LPSCl_20240402"],
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
