"""``softbreak bench``."""

import json


def test_from_nothing_to_the_table(softbreak, tmp_path):
    folder = tmp_path / "bench"
    done = softbreak(
        "bench", "all", folder, "--edition", "tiny", "--entrants", "threshold-v", "--json"
    )
    assert done.code == 0, done.err
    assert {row["set"] for row in done.json["scores"]} == {"hidden", "published-a", "published-c"}
    assert (folder / "index.html").exists()
    assert (folder / "scores.md").read_text(encoding="utf-8").startswith("| entrant |")
    again = softbreak("bench", "run", folder, "--entrants", "always-healthy")
    assert again.code == 0, again.err
    scored = softbreak("bench", "score", folder)
    assert "always-healthy" in scored.out
    assert "SIMULATED" in scored.out
    log = (folder / "scoring-log.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["entrant"] for line in log] == ["threshold-v", "always-healthy"]


def test_what_cannot_be_done_is_said(softbreak, tmp_path):
    done = softbreak("bench", "score", tmp_path)
    assert done.code == 2
    assert "softbreak bench make" in done.err
    done = softbreak("bench", "make", tmp_path / "x", "--edition", "huge")
    assert done.code == 2
    assert "full, laptop, tiny" in done.err
    softbreak("bench", "make", tmp_path / "x", "--edition", "tiny", "-q")
    done = softbreak("bench", "run", tmp_path / "x", "--entrants", "nobody")
    assert done.code == 2
    assert "threshold-v" in done.err
