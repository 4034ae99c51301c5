"""Real BioLogic files: what is known of them, and each .mpr against its .mpt."""

import random
import tracemalloc

import numpy as np
import pytest

from softbreak.data.readers.base import Head
from softbreak.data.readers.cyclers import biologic_mpr, biologic_mpt
from softbreak.data.record import Technique
from softbreak.errors import ReadError

TWINS = ["readers/biologic/ca", "readers/biologic/cv", "symmetric/mb", "symmetric/mb.issue_218"]
TWINS += [f"more/eclab/{name}" for name in ("coc.issue_185", "cp.issue_149", "mb.issue_223")]
MPR = {
    "readers/biologic/GCPL-0.mpr": ("GCPL", [Technique.REST]),
    "readers/biologic/MB-0.mpr": ("MB", [Technique.REST]),
    "readers/biologic/MB-1.mpr": ("GCPL", [Technique.CYCLING]),
    "readers/biologic/PEIS-0.mpr": ("PEIS", [Technique.IMPEDANCE]),
    "readers/biologic/ca.mpr": ("CA", [Technique.CYCLING]),
    "readers/biologic/cv.mpr": ("CV", [Technique.VOLTAMMETRY]),
    "more/eclab/bcd.issue_241.mpr": ("Battery Capacity Determination", [Technique.CYCLING]),
    "more/eclab/coc.issue_185.mpr": ("CoC", [Technique.CYCLING]),
    "more/eclab/cp.issue_149.mpr": ("CP", [Technique.CYCLING]),
    "more/eclab/mb.issue_223.mpr": (
        "MB",
        [*4 * [Technique.REST, Technique.IMPEDANCE], Technique.REST],
    ),
    "symmetric/gcpl.mpr": ("GCPL", [Technique.CYCLING]),
    "symmetric/mb.issue_218.mpr": ("MB", [Technique.CYCLING]),
    "symmetric/mb.mpr": (
        "MB",
        4 * [Technique.REST, Technique.IMPEDANCE, Technique.CYCLING, Technique.IMPEDANCE],
    ),
}
MPT = {
    "readers/biologic/Pt_poly_cv_CUT.mpt": ("CVA", [Technique.VOLTAMMETRY]),
    "readers/biologic/eclab_cv.mpt": ("CV", [Technique.VOLTAMMETRY]),
    "readers/biologic/Sample_data_biologic_timestamped.txt": ("MB", [Technique.CYCLING]),
    "readers/eis/exampleDataBioLogic.mpt": ("PEIS", [Technique.IMPEDANCE]),
    "readers/eis/data.mpt": ("PEIS", [Technique.IMPEDANCE]),
    "readers/eis/case-multiple-spectra.mpt": ("PEIS", 3 * [Technique.IMPEDANCE]),
    **{twin + ".mpt": MPR[twin + ".mpr"] for twin in TWINS},
}
ROWS = [(name, biologic_mpr.READER, *truth) for name, truth in MPR.items()]
ROWS += [(name, biologic_mpt.READER, *truth) for name, truth in MPT.items()]

# An .mpt prints eight digits, and what EC-Lab computes for it (the parts of the impedance from
# modulus and phase) it computes in single precision: 2^-23 is its step.
TEXT_RESOLUTION = 2.0**-22


@pytest.mark.parametrize(("name", "reader", "method", "techniques"), ROWS)
def test_every_file_reads_as_its_techniques(realdata, name, reader, method, techniques):
    path = realdata / name
    assert reader.recognises(Head.of(path))
    records = reader.read(path)
    assert [record.technique for record in records] == techniques
    assert {record.source.method for record in records} == {method}
    for record in records:
        assert np.isfinite(record.array("test_time_second")).all()
        if record.technique is not Technique.IMPEDANCE:
            assert np.isfinite(record.table["current_ampere"]).all()


@pytest.mark.parametrize("twin", TWINS)
def test_the_text_says_what_the_binary_says(realdata, twin):
    binary = biologic_mpr.READER.read(realdata / f"{twin}.mpr")
    text = biologic_mpt.READER.read(realdata / f"{twin}.mpt")
    assert len(binary) == len(text)
    for ours, theirs in zip(binary, text, strict=True):
        assert ours.technique is theirs.technique
        assert ours.source.method == theirs.source.method
        assert ours.cell == theirs.cell
        # The text gives milliseconds, older versions whole seconds.
        assert ours.source.started_unix_second == theirs.source.started_unix_second
        # A cycle number is sometimes worked out only for the export.
        assert set(theirs.table.columns) - set(ours.table.columns) <= {"cycle_count", "step_count"}
        assert set(ours.table.columns) <= set(theirs.table.columns)
        for name in ours.table.columns:
            np.testing.assert_allclose(
                ours.array(name), theirs.array(name), rtol=TEXT_RESOLUTION, atol=1e-12, err_msg=name
            )


@pytest.mark.parametrize("suffix", [".mpr", ".mpt"])
def test_the_short_is_in_one_sample(realdata, suffix):
    reader = biologic_mpr.READER if suffix == ".mpr" else biologic_mpt.READER
    (record,) = reader.read(realdata / f"symmetric/mb.issue_218{suffix}")
    table = record.table
    imposed = table["control_current_ampere"].dropna()
    np.testing.assert_allclose(imposed, -78.54e-6, rtol=1e-6)
    time = table["test_time_second"]
    before, after = table[time < 2253.5].iloc[-1], table[time > 2253.5].iloc[0]
    assert (round(before.test_time_second), round(after.test_time_second)) == (2253, 2254)
    assert before.voltage_volt == pytest.approx(-0.590, abs=1e-3)
    assert after.voltage_volt == pytest.approx(0.0, abs=1e-3)
    assert record.cell.area_cm2 is None
    assert record.source.stated["electrode_surface_area"] == "0.001 cm²"


def test_half_cycles_of_a_long_test(realdata):
    (record,) = biologic_mpr.READER.read(realdata / "symmetric/gcpl.mpr")
    imposed, time = record.array("control_current_ampere"), record.array("test_time_second")
    np.testing.assert_allclose(np.abs(imposed), 11e-6, rtol=1e-6)
    # The file stores no measured current; under current control the imposed one stands for it.
    np.testing.assert_array_equal(record.array("current_ampere"), imposed)
    turns = time[np.flatnonzero(np.diff(np.sign(imposed))) + 1]
    np.testing.assert_allclose(np.diff(turns) / 3600, 12.0, atol=0.01)
    assert time[-1] / 3600 == pytest.approx(385, abs=0.5)


def test_impedance_before_and_after_each_cycle(realdata):
    records = biologic_mpr.READER.read(realdata / "symmetric/mb.mpr")
    spectra = [r.table for r in records if r.technique is Technique.IMPEDANCE]
    low = [t["real_impedance_ohm"].iloc[-1] for t in spectra]
    assert (round(low[0]), round(max(low)), round(low[-1])) == (1109, 1146, 1138)
    assert all(t["frequency_hertz"].iloc[-1] == pytest.approx(0.1, rel=2e-3) for t in spectra)
    assert all(t["imaginary_impedance_ohm"].iloc[0] < 0 for t in spectra)
    cycling = [r.table for r in records if r.technique is Technique.CYCLING]
    assert len(cycling) == 4
    for table in cycling:
        imposed = table["control_current_ampere"]
        np.testing.assert_allclose(imposed.dropna().abs(), 2.8e-6, rtol=1e-6)
        for sign in (-1, 1):
            half = table["test_time_second"][np.sign(imposed) == sign]
            assert (half.max() - half.min()) / 3600 == pytest.approx(1.0, abs=0.01)


def test_a_cell_that_its_file_describes(realdata):
    (record,) = biologic_mpr.READER.read(realdata / "readers/biologic/PEIS-0.mpr")
    assert record.cell.area_cm2 == pytest.approx(1.539)
    assert record.cell.electrolyte == "LiTFSI in EC EMC + 2.2% FEC"
    assert record.source.stated["comments"].startswith("coin cell")
    assert record.source.stated["mass_of_active_material"] == "8.582 mg"
    assert (record.array("imaginary_impedance_ohm") < 0).any()


def test_times_as_dates(realdata):
    path = realdata / "readers/biologic/Sample_data_biologic_timestamped.txt"
    (record,) = biologic_mpt.READER.read(path)
    assert record.source.started_unix_second == 1_732_102_721.707  # 2024-11-20 11:38:41.707
    np.testing.assert_allclose(record.array("test_time_second")[:2], [0.0, 6.464], atol=1e-6)
    assert record.array("ambient_temperature_celsius")[0] == pytest.approx(19.379732)


DAMAGED = [
    "readers/biologic/MB-1.mpr",
    "readers/biologic/PEIS-0.mpr",
    "readers/biologic/ca.mpr",
    "symmetric/mb.mpr",
    "readers/biologic/eclab_cv.mpt",
    "readers/biologic/Pt_poly_cv_CUT.mpt",
    "readers/biologic/Sample_data_biologic_timestamped.txt",
    "readers/eis/case-multiple-spectra.mpt",
]


@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_file_gives_records_or_a_read_error(realdata, tmp_path, name):
    whole = (realdata / name).read_bytes()
    reader = biologic_mpr.READER if name.endswith("mpr") else biologic_mpt.READER
    draw = random.Random(name)
    copies = [whole[: len(whole) * cut // 20] for cut in range(20)]
    for flip in range(200):
        copy = bytearray(whole)
        # Half of the flips go where the counts and names stand.
        place = draw.randrange(min(len(whole), 10_000) if flip % 2 else len(whole))
        copy[place] ^= 1 << draw.randrange(8)
        copies.append(bytes(copy))
    path = tmp_path / "damaged"
    refused = 0
    tracemalloc.start()
    for copy in copies:
        path.write_bytes(copy)
        try:
            assert reader.read(path)
        except ReadError as error:
            refused += 1
            assert error.remedy
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert 0 < refused < len(copies)
    assert peak < 32 * 2**20
