import bz2
import gzip
import hashlib
import lzma
import subprocess
import sys
import zipfile
from pathlib import Path

import pyarrow as pa
import pytest

from softbreak.data.readers import registry
from softbreak.data.readers.registry import READERS, detect, read
from softbreak.errors import ReadError, UnknownFormatError

BDF = "test_time_second,voltage_volt,current_ampere\n" + "".join(
    f"{i}.0,{0.1 + i * 0.001:.3f},1e-4\n" for i in range(20)
)


def test_names_are_unique_and_every_reader_has_a_suffix():
    assert len({reader.name for reader in READERS}) == len(READERS)
    assert all(
        reader.suffixes and all(s.startswith(".") for s in reader.suffixes) for reader in READERS
    )


def test_read_fills_in_hash_and_position(tmp_path: Path):
    path = tmp_path / "cell.csv"
    path.write_text(BDF)
    (record,) = read(path)
    assert record.source.content_hash == hashlib.sha256(BDF.encode()).hexdigest()
    assert (record.source.position, record.source.reader) == (0, "bdf")


def test_content_decides_not_the_suffix(tmp_path: Path):
    path = tmp_path / "cell.mpr"
    path.write_text(BDF)
    assert detect(path).name == "bdf-csv"


@pytest.mark.parametrize(
    ("make", "found"),
    [
        (lambda path: None, "no such file"),
        (lambda path: path.mkdir(), "a folder"),
        (lambda path: path.write_bytes(b""), "an empty file"),
    ],
)
def test_what_is_no_file(tmp_path: Path, make, found):
    path = tmp_path / "x.csv"
    make(path)
    with pytest.raises(ReadError, match=found) as caught:
        read(path)
    assert caught.value.path == str(path)
    assert caught.value.remedy


def test_a_name_that_no_system_allows():
    with pytest.raises(ReadError, match="cannot be opened"):
        read("a\0b")


def test_nearly_known_columns_get_a_mapping(tmp_path: Path):
    path = tmp_path / "home_made.csv"
    path.write_text("elapsed time,Volts,Amps\n" + "1,0.1,0.001\n" * 3)
    with pytest.raises(UnknownFormatError) as caught:
        read(path)
    assert "'elapsed time', 'Volts', 'Amps'" in caught.value.found
    assert "[columns]" in caught.value.remedy
    assert 'voltage_volt = "Volts"' in caught.value.remedy
    assert 'test_time_second = "elapsed time"' in caught.value.remedy
    assert "Neware" in caught.value.expected
    assert len(caught.value.expected) < 150, "the remedy is what helps"


def test_unknown_binary_shows_its_first_bytes_and_the_suffix_meant(tmp_path: Path):
    path = tmp_path / "run.ndaxx"
    path.write_bytes(bytes(range(1, 200)))
    with pytest.raises(UnknownFormatError, match="01 02 03 04") as caught:
        read(path)
    assert ".ndax file of Neware" in caught.value.remedy


def test_damaged_file_with_a_known_suffix(tmp_path: Path):
    path = tmp_path / "run.res"
    path.write_bytes(b"\x07" * 100)
    with pytest.raises(UnknownFormatError) as caught:
        read(path)
    assert "By its suffix it should be a file of Arbin MITS" in caught.value.remedy


def zipped(path: Path, **members: bytes | str) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def test_zip_with_one_file(tmp_path: Path):
    path = zipped(tmp_path / "cell.csv.zip", **{"folder/cell.csv": BDF, "__MACOSX/._cell.csv": "x"})
    (record,) = read(path)
    assert record.source.path == str(path)
    assert record.source.stated["zip_member"] == "cell.csv"
    assert len(record.table) == 20


def test_zip_with_two_files(tmp_path: Path):
    path = zipped(tmp_path / "two.zip", a=BDF, b=BDF)
    with pytest.raises(ReadError, match="a zip of 2 files"):
        read(path)


def test_zip_in_a_zip(tmp_path: Path):
    inner = zipped(tmp_path / "inner.zip", a=BDF)
    path = zipped(tmp_path / "outer.zip", **{"inner.zip": inner.read_bytes()})
    with pytest.raises(ReadError, match="a packed file inside a packed file") as caught:
        read(path)
    assert (caught.value.path, caught.value.place) == (str(path), "inner.zip")


def test_error_inside_a_zip_names_zip_and_member(tmp_path: Path):
    path = zipped(tmp_path / "odd.zip", **{"odd.bin": bytes(range(100))})
    with pytest.raises(UnknownFormatError) as caught:
        read(path)
    assert (caught.value.path, caught.value.place) == (str(path), "odd.bin")


def test_member_cannot_leave_the_temporary_folder(tmp_path: Path):
    path = zipped(tmp_path / "escape.zip", **{"../../../escaped.csv": BDF})
    (record,) = read(path)
    assert record.source.stated["zip_member"] == "escaped.csv"
    assert not list(tmp_path.parent.glob("**/escaped.csv"))


def test_zip_bomb(tmp_path: Path):
    path = tmp_path / "bomb.zip"
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("zeros.csv", "w") as member,
    ):
        for _ in range(70):
            member.write(bytes(1 << 20))
    with pytest.raises(ReadError, match="unpacking to 73,400,320 or more"):
        read(path)


def test_zip_that_lies_about_its_size(tmp_path: Path):
    """The declared size is one byte; whatever is unpacked, it is bounded and an error of ours."""
    path = zipped(tmp_path / "lie.zip", **{"zeros.csv": bytes(1 << 20)})
    data = bytearray(path.read_bytes())
    entry = data.rindex(b"PK\x01\x02")
    data[entry + 24 : entry + 28] = (1).to_bytes(4, "little")
    path.write_bytes(data)
    with pytest.raises(ReadError):
        read(path)


def test_no_heavy_import():
    """Recognising a file costs no vendor's library."""
    code = (
        "import sys, softbreak.data.readers.registry;"
        "heavy = {'polars', 'fastnda', 'fastexcel', 'access_parser', 'torch', 'pyarrow.parquet'};"
        "sys.exit(', '.join(sorted(heavy & set(sys.modules))) or None)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_table_against_the_schema_is_a_read_error(tmp_path: Path, monkeypatch):
    from softbreak.data.readers.base import Reader
    from softbreak.errors import SchemaError

    def broken(path: Path):
        raise SchemaError("unknown column 'x'")

    path = tmp_path / "cell.csv"
    path.write_text(BDF)
    reader = Reader("broken", "a broken device", (".csv",), lambda head: True, broken)
    monkeypatch.setattr(registry, "READERS", (reader,))
    with pytest.raises(ReadError, match="breaks the column contract"):
        read(path)


def test_a_mapping_reads_what_no_vendor_claims(tmp_path: Path):
    mapping = {"test_time_second": 0, "voltage_volt": 1, "current_ampere": 2}
    home_made = tmp_path / "home_made.csv"
    home_made.write_text("t,spannung,strom\n" + "1,0.1,0.001\n" * 3)
    (record,) = read(home_made, mapping)
    assert (record.source.reader, len(record.source.content_hash)) == ("table", 64)
    vendors = tmp_path / "vendors.csv"
    vendors.write_text(BDF)
    assert read(vendors, mapping)[0].source.reader == "bdf"


def test_a_mapping_of_another_file_does_not_make_this_one_damaged(tmp_path: Path):
    mapping = {"test_time_second": "t/h", "voltage_volt": "U", "current_ampere": "I"}
    notes = tmp_path / "notes.txt"
    notes.write_text("assembled on Monday\npressed at 50 MPa\n" * 5)
    with pytest.raises(UnknownFormatError, match=r"'t/h', 'U', 'I'.*may be another file's"):
        read(notes, mapping)
    bare = tmp_path / "bare.txt"
    bare.write_text("".join(f"{i * 0.005:.3f} 0.1 0.5\n" for i in range(50)))
    assert read(bare, mapping)[0].source.stated == read(bare)[0].source.stated


def test_a_mapping_overrules_the_assumption_on_bare_columns(tmp_path: Path):
    path = tmp_path / "bare.txt"
    path.write_text("".join(f"{i * 0.005:.3f} 0.1 0.5\n" for i in range(50)))
    mapping = {"test_time_second": 0, "voltage_volt": 1, "current_ampere": 2}
    assert read(path)[0].array("current_ampere")[0] == 0.5e-3
    assert read(path, mapping)[0].array("current_ampere")[0] == 0.5


def test_a_text_that_gzip_compressed(tmp_path: Path):
    path = tmp_path / "cell.csv.gz"
    path.write_bytes(gzip.compress(BDF.encode()))
    (record,) = read(path)
    assert record.rows == 20
    assert record.source.path == str(path)
    assert record.source.stated["zip_member"] == "cell.csv"


def test_gzip_that_is_cut_or_damaged(tmp_path: Path):
    packed = gzip.compress(BDF.encode())
    for data in (packed[:-20], packed[:30] + b"\0" * 20 + packed[50:], b"\x1f\x8b\x08"):
        path = tmp_path / "cell.csv.gz"
        path.write_bytes(data)
        with pytest.raises(ReadError, match="intact gzip"):
            read(path)


def test_gzip_bomb_is_stopped(tmp_path: Path, monkeypatch):
    monkeypatch.setattr("softbreak.data.readers.containers.zip_file.FREE_BYTES", 1 << 16)
    path = tmp_path / "cell.csv.gz"
    path.write_bytes(gzip.compress(b"0,0,0\n" * 1_000_000))
    with pytest.raises(ReadError, match="unpack to more than"):
        read(path)


def test_what_is_packed_twice(tmp_path: Path):
    path = tmp_path / "cell.csv.gz"
    path.write_bytes(gzip.compress(gzip.compress(BDF.encode())))
    with pytest.raises(ReadError, match="inside"):
        read(path)


def test_a_mapping_reaches_into_a_packed_file(tmp_path: Path):
    text = "a;b;c\n" + "".join(f"{i};0.1;2\n" for i in range(5))
    columns = {"test_time_second": "a", "voltage_volt": "b"}
    columns["current_ampere"] = {"column": "c", "scale": 1e-3}
    for path in (tmp_path / "x.csv.gz", tmp_path / "x.zip"):
        if path.suffix == ".gz":
            path.write_bytes(gzip.compress(text.encode()))
        else:
            zipped(path, **{"x.csv": text})
        (record,) = read(path, columns)
        assert record.array("current_ampere").tolist() == [2e-3] * 5


def test_what_a_header_says_has_a_length(tmp_path):
    """It is kept with every record, and written with every result."""
    path = tmp_path / "CURVE.DTA"
    rows = "".join(f"\t{k}\t{k}\t0.1\t1E-3\n" for k in range(1, 30))
    path.write_text(
        "EXPLAIN\nTAG\tCHRONOP\nTITLE\tLABEL\t" + "x" * 100_000 + "\tTest &Identifier\n"
        "CURVE\tTABLE\t29\n\tPt\tT\tVf\tIm\n\t#\ts\tV vs. Ref.\tA\n" + rows,
        encoding="utf-8",
    )
    (record,) = registry.read(path)
    told = [value for value in record.source.stated.values() if isinstance(value, str)]
    assert any("100,000 characters" in value for value in told)
    assert max(map(len, told)) < 2100


@pytest.mark.parametrize(
    ("suffix", "pack"),
    [
        (".gz", gzip.compress),
        (".bz2", bz2.compress),
        (".xz", lzma.compress),
        (".zst", lambda data: pa.compress(data, "zstd", asbytes=True)),
    ],
)
def test_packed_files_are_read_and_damaged_ones_refused(tmp_path: Path, suffix: str, pack):
    path = tmp_path / f"cell.csv{suffix}"
    path.write_bytes(pack(BDF.encode()))
    (record,) = read(path)
    assert (record.rows, record.source.path) == (20, str(path))
    path.write_bytes(pack(BDF.encode())[:-40])
    with pytest.raises(ReadError, match=r"intact|unfinished|column contract|row"):
        read(path)
    path.write_bytes(pack(b"0" * (65 << 20)))
    with pytest.raises(ReadError, match="unpack to more than"):
        read(path)
