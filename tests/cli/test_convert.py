import pytest

from tests.archive.files import write_cell


@pytest.fixture
def archive(tmp_path):
    write_cell(tmp_path / "archive" / "a.csv")
    write_cell(tmp_path / "archive" / "b" / "1.csv")
    return tmp_path / "archive"


def test_a_folder_becomes_an_archive_of_parquet(softbreak, archive, tmp_path):
    told = softbreak("convert", archive, "--out", tmp_path / "bdf", "--workers", "0")
    assert told.code == 0
    assert told.out.startswith("2 cells, 2 files, 480 rows")
    again = softbreak("convert", archive, "--out", tmp_path / "bdf", "--workers", "0", "--json")
    assert again.json["cells_not_done_again"] == 2
    assert [table["source"] for table in again.json["tables"]] == ["a.csv", "b/1.csv"]


def test_a_file_that_cannot_be_read_is_exit_code_1(softbreak, archive, tmp_path):
    (archive / "broken.mpr").write_bytes(b"BIO-LOGIC MODULAR FILE\x1a")
    told = softbreak("convert", archive, "--out", tmp_path / "bdf", "--workers", "0")
    assert told.code == 1
    assert "not used: broken.mpr (read):" in told.out


def test_a_folder_is_not_converted_to_csv(softbreak, archive, tmp_path):
    told = softbreak("convert", archive, "--out", tmp_path / "bdf", "--format", "csv")
    assert told.code == 2
    assert "Parquet only" in told.err
