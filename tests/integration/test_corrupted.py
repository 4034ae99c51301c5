"""Damaged copies of files of many formats: rows in ``failures``, never more."""

import zipfile
from pathlib import Path

import numpy as np
import pytest

from softbreak.archive.triage import triage

EXAMPLES = Path(__file__).parents[2] / "examples" / "archive"
MADE = [
    "LPSCl_healthy.csv",
    "LPSCl_hard.mpt",
    "slow_decline.bdf.csv",
    "telegraph.bdf.parquet",
    "LGPS_soft/cv_after.DTA",
    "LGPS_soft/eis_after.mpt",
    "LGPS_soft/cycling.csv",
]
REAL = [
    "symmetric/mb.mpr",
    "readers/neware/test_2.ndax",
    "readers/neware/nda_v22.nda.zip",
    "readers/eis/data.ids",
    "readers/eis/data.i2b",
    "readers/eis/exampleDataZPlot.z",
    "readers/maccor/maccor_001.txt",
]


def damaged(source: Path, rng: np.random.Generator) -> dict[str, bytes]:
    """Copies cut at some places, with bits flipped at others, emptied, and mislabelled."""
    whole = source.read_bytes()[: 2**19]
    copies = {"empty": b"", "head": whole[:16], "zeros": bytes(4096)}
    for place in rng.integers(1, len(whole), 4):
        copies[f"cut{place}"] = whole[:place]
    for turn in range(6):
        array = np.frombuffer(whole, np.uint8).copy()
        # Half of the flips near the start, where counts and types are.
        reach = len(array) if turn % 2 else min(2048, len(array))
        array[rng.integers(0, reach, 8)] ^= np.uint8(1) << rng.integers(0, 8, 8, dtype=np.uint8)
        copies[f"flip{turn}"] = array.tobytes()
    return copies


def write_damaged(source: Path, root: Path, seed: int) -> int:
    suffixes = "".join(source.suffixes[-2:])
    copies = damaged(source, np.random.default_rng(seed))
    for name, data in copies.items():
        path = root / f"{name}x{source.name.partition('.')[0]}{suffixes}"
        path.write_bytes(data)
    return len(copies)


def check(root: Path, out: Path, expected: int) -> None:
    result = triage(root, out, workers=2)
    counts = result.run["counts"]
    assert counts["files"] == expected
    used = {path for d in result.diagnoses() for path in d.sources["path"]}
    skipped = {row["path"] for row in result.run["skipped"]}
    failed = set(result.failures["path"])
    assert len(used | failed | skipped) == expected, "every file is told of"
    ours = result.failures[
        result.failures["error"].str.contains("died|MiB of memory|no result within")
        | result.failures["remedy"].str.contains("fault of softbreak: please")
    ]
    assert ours.empty, ours.to_string()
    assert (result.failures["error"].str.len() > 10).all()
    assert (result.failures["remedy"].str.len() > 10).all()


def test_damaged_copies_of_made_files(tmp_path):
    (tmp_path / "archive").mkdir()
    expected = sum(
        write_damaged(EXAMPLES / name, tmp_path / "archive", seed) for seed, name in enumerate(MADE)
    )
    check(tmp_path / "archive", tmp_path / "out", expected)


def test_damaged_copies_of_real_files(tmp_path, realdata):
    (tmp_path / "archive").mkdir()
    expected = sum(
        write_damaged(realdata / name, tmp_path / "archive", seed) for seed, name in enumerate(REAL)
    )
    check(tmp_path / "archive", tmp_path / "out", expected)


@pytest.fixture(scope="module")
def bomb(tmp_path_factory) -> bytes:
    """A few MB that unpack to 1.2 GiB a member, under the names that readers look for."""
    path = tmp_path_factory.mktemp("bomb") / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name in ("data.ndc", "VersionInfo.xml", "xl/workbook.xml"):
            with archive.open(name, "w") as member:
                for _ in range(150):
                    member.write(bytes(2**23))
    return path.read_bytes()


@pytest.mark.parametrize("suffix", [".ndax", ".zip", ".xlsx", ".csv"])
def test_a_zip_bomb(tmp_path, bomb, suffix):
    root = tmp_path / "archive"
    root.mkdir()
    (root / f"bomb{suffix}").write_bytes(bomb)
    check(root, tmp_path / "out", 1)


def test_a_text_file_with_another_vendors_suffix(tmp_path):
    root = tmp_path / "archive"
    root.mkdir()
    for k, suffix in enumerate((".mpr", ".ndax", ".res", ".DTA", ".z", ".parquet")):
        (root / f"cell{k}{suffix}").write_bytes((EXAMPLES / "LPSCl_healthy.csv").read_bytes())
    result = triage(root, tmp_path / "out", workers=2)
    assert len(result.cells) == 6, "content decides"
    assert result.failures.empty
