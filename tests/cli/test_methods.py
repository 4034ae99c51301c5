"""The verbs of single measurements, from the shell's point of view."""

import json

import pytest

VERBS = {
    "cv": ("paper", "LGPS", ()),
    "leakage": ("paper", "LGPS", ("--growth-sd", 0.1)),
    "arrhenius": ("paper", "LPSCl-T", ()),
    "rate": ("techniques", "ramp", ("--area", 0.7854)),
    "coulombic": ("techniques", "full-soft", ("--area", 0.7854)),
    "protocol": ("techniques", "full", ("--area", 0.7854, "--porosity", 0.05)),
}


@pytest.fixture
def folder(paper_archive, technique_archive):
    return {"paper": paper_archive, "techniques": technique_archive}


@pytest.mark.parametrize("verb", VERBS)
def test_verbs_answer_in_words_and_in_json(softbreak, folder, verb):
    archive, cell, options = VERBS[verb]
    told = softbreak(verb, folder[archive] / cell, *options)
    assert told.code == 0
    assert "10.1016/j.joule.2022.05.020" in told.out
    (reading,) = softbreak(verb, folder[archive] / cell, *options, "--json").json["readings"]
    assert reading["caveats"]
    assert reading["verdict"]


def test_an_archive_with_a_manifest_is_read_cell_by_cell(softbreak, technique_archive):
    told = softbreak("protocol", technique_archive, "--json").json["readings"]
    assert len(told) == 7
    assert {"Standard protocol: ramp", "Standard protocol: full"} <= {r["title"] for r in told}


def test_energy_draws_six_panels_and_reads_a_card(softbreak, tmp_path):
    card = tmp_path / "card.toml"
    card.write_text('separator = "halide"\n', encoding="utf-8")
    told = softbreak("energy", "--capacity", 1, "--parameters", card, "--png", tmp_path / "f.png")
    assert told.code == 0
    assert "178 Wh kg⁻¹" in told.out
    assert (tmp_path / "f.png").stat().st_size > 10_000
    assert told.out.strip().endswith(str(tmp_path / "f.png"))


def test_energy_in_json_holds_the_card(softbreak):
    (told,) = softbreak("energy", "--json").json["readings"]
    assert told["card"]["specific_capacity_mah_per_g"] == 220.0
    json.dumps(told, allow_nan=False)


def test_mistakes_end_with_code_2_and_a_sentence(softbreak, tmp_path, technique_archive):
    bad = tmp_path / "card.toml"
    bad.write_text("voltage_volt = -1\n", encoding="utf-8")
    told = softbreak("energy", "--parameters", bad)
    assert (told.code, "describes no cell" in told.err) == (2, True)
    told = softbreak("rate", technique_archive / "ramp", "--png", tmp_path / "x.gif")
    assert (told.code, "ends in .png" in told.err) == (2, True)
    told = softbreak("cv", tmp_path / "missing.mpr")
    assert (told.code, "no such file" in told.err) == (2, True)


def test_before_and_after_of_two_files(softbreak, paper_archive):
    first = paper_archive / "LGPS" / "02_CA.bdf.parquet"
    last = paper_archive / "LGPS" / "06_CA.bdf.parquet"
    (told,) = softbreak("leakage", last, "--before", first, "--json").json["readings"]
    assert [hold["when"] for hold in told["holds"]] == ["before", "now"]
    assert told["leakage_ratio"] == pytest.approx(2.8, abs=0.3)
