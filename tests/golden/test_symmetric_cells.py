"""Real cells: what is known to be true of them must come out."""

import pytest

from softbreak.data.history import assemble
from softbreak.data.readers import registry
from softbreak.data.record import Cell
from softbreak.models.diagnosis.diagnose import examine

TWINS = [("mb.issue_218.mpr", "mb.issue_218.mpt"), ("mb.mpr", "mb.mpt")]


@pytest.fixture(scope="module")
def diagnosed(realdata):
    known = {}

    def of(name, detector="fused"):
        if (name, detector) not in known:
            records = registry.read(realdata / "symmetric" / name)
            known[name, detector] = examine(assemble(Cell(name), records), detector)
        return known[name, detector]

    return of


@pytest.mark.parametrize("name", TWINS[0])
def test_sodium_cell_is_healthy_then_hard(diagnosed, name):
    diagnosis = diagnosed(name)
    states = diagnosis.verdicts["state"].to_list()
    assert diagnosis.summary["state"] == "hard"
    assert states[0] == "healthy"
    assert states[-1] == "hard"
    assert "soft" not in states
    # the voltage collapses from -0.590 V to 0.000 V between 2253 s and 2254 s, 1 s a sample
    assert diagnosis.summary["onset_time_second"] == pytest.approx(2253.5, abs=2.0)
    hard = diagnosis.verdicts[diagnosis.verdicts["state"] == "hard"]
    assert (hard["electronic_fraction"] > 0.99).all()
    assert "one sample" in hard["evidence"].iloc[0][0]["sentence"]


@pytest.mark.parametrize("detector", ["fused", "voltage"])
@pytest.mark.parametrize("name", ["gcpl.mpr", "mb.mpr", "mb.mpt", "thienenkamp_li_peo_li_POL.txt"])
def test_healthy_cells_are_never_called_short(diagnosed, name, detector):
    diagnosis = diagnosed(name, detector)
    states = set(diagnosis.verdicts["state"])
    assert not states & {"soft", "hard"}
    assert "healthy" in states  # what was evident is said
    assert not diagnosis.summary["ever_short"]


@pytest.mark.parametrize(("name", "cycles"), [("gcpl.mpr", 16), ("mb.mpr", 4)])
def test_steady_cells_are_called_healthy(diagnosed, name, cycles):
    diagnosis = diagnosed(name)
    assert diagnosis.summary["state"] == "healthy"
    assert diagnosis.verdicts["state"].to_list() == ["healthy"] * cycles


def test_salt_depletion_is_left_open_and_says_what_to_measure(diagnosed):
    diagnosis = diagnosed("thienenkamp_li_peo_li_POL.txt")
    assert diagnosis.summary["state"] == "undetermined"
    assert "mpedance" in diagnosis.summary["wanted_measurement"]


@pytest.mark.parametrize("twins", TWINS)
def test_native_file_and_its_export_give_the_same_verdicts(diagnosed, twins):
    native, export = (diagnosed(name).verdicts for name in twins)
    assert native["state"].to_list() == export["state"].to_list()
    for column in ("start_time_second", "end_time_second", "electronic_fraction"):
        assert native[column].to_numpy() == pytest.approx(
            export[column].to_numpy(), rel=1e-3, nan_ok=True
        )


def test_ceramic_cell_shows_no_short_in_its_spectra(diagnosed):
    # Re Z(0.1 Hz): 1109 -> 1146 -> 1138 ohm in the vendor's own numbers
    impedance = diagnosed("mb.mpr").impedance
    assert impedance["low_frequency_resistance_ohm"].between(1100, 1160).all()
    assert (impedance["electronic_fraction_lower"].dropna() < 0.05).all()


def test_range_and_offset_are_remarked(diagnosed):
    topics = {finding.topic for finding in diagnosed("mb.issue_218.mpr").findings}
    assert "current-range" in topics
    assert "small-voltage" in {finding.topic for finding in diagnosed("mb.mpr").findings}


READABLE_FULL_CELLS = [
    "neware/nw4-120-1-6-53.ndax",
    "neware/neware_uio.csv",
    "landt/SINTEF__LiGrR2032__2024-04-30__25degC__Landt.csv",
    "arbin/arbin_example.res",
    "maccor/maccor_001.txt",
    "pec/pec.csv",
    "novonix/sample_data_novonix.csv",
    "basytec/sample_data_basytec.txt",
]


@pytest.mark.parametrize("name", READABLE_FULL_CELLS)
def test_full_cells_are_not_judged_as_symmetric_ones(realdata, name):
    records = registry.read(realdata / "readers" / name)
    diagnosis = examine(assemble(Cell(name), records))
    assert set(diagnosis.verdicts["state"]) <= {"undetermined"}
