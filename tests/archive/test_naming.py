from pathlib import PurePosixPath

import pytest

from softbreak.archive.inputs.file_names import (
    cell_key,
    identities,
    names_technique,
    not_data,
    perhaps_not_data,
)


@pytest.mark.parametrize(
    "names",
    [
        ["LPSCl_a_01_GCPL_C03", "LPSCl_a_02_PEIS_C03", "LPSCl_a_03_CV_C03"],
        ["cell_07_EIS", "cell_07_cycling", "cell_07"],
        ["LGPS 3mA_001", "LGPS 3mA_002", "LGPS 3mA_010"],
        ["sample-A part1", "sample-A part2"],
        ["Li_LLZO_before_EIS", "Li_LLZO_after_EIS", "Li_LLZO"],
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
