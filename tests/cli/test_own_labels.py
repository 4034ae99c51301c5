"""``softbreak train`` and ``compare`` on a lab's own cells and labels."""

import json

import pandas as pd
import pytest
from typer.testing import CliRunner

from softbreak.cli.main import app
from softbreak.simulate.population import Recipe
from softbreak.simulate.presets import write_preset
from softbreak.training import tracking
from tests.training.small_learner import KIND, LEARNER
from tests.training.stores import fresh_store

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture
def lab(tmp_path, monkeypatch):
    """Six cells of law set b, played as a lab's; their labels; batches of two in the manifest."""
    from softbreak.models.learned import learners

    monkeypatch.setitem(learners.LEARNERS, "small", LEARNER)
    monkeypatch.setitem(learners.KINDS, "Small", KIND)
    monkeypatch.setenv(tracking.STORE_VARIABLE, fresh_store(tmp_path))
    recipe = Recipe(6, 1234, "b", "judge", cycles=10, every=4)
    write_preset("population", tmp_path / "cells", recipe=recipe)
    archive = tmp_path / "cells" / "archive"
    truth = pd.read_parquet(tmp_path / "cells" / "truth.parquet")
    names = ["cell_id", "start_time_second", "end_time_second", "state"]
    truth[names].to_csv(tmp_path / "labels.csv", index=False)
    manifest = pd.read_csv(archive / "cells.csv", dtype=str)
    manifest["batch"] = [f"batch {k // 2}" for k in range(len(manifest))]
    manifest.to_csv(archive / "cells.csv", index=False)
    return tmp_path


def run(*arguments):
    return CliRunner().invoke(app, [str(one) for one in arguments])


def train(lab, *more):
    where = ["--archive", lab / "cells" / "archive", "--labels", lab / "labels.csv"]
    small = ["--model", "small", "--cells", 20, "--judging", 4, "--out", lab / "model"]
    return run("train", *where, *small, "--json", *more)


def test_a_model_learns_from_labels_and_the_registry_knows_which(lab):
    done = train(lab, "--group", "batch", "--register", "softbreak", "--force")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["card"]["measured_cells"] == 6
    assert told["uri"] == "models:/softbreak/1"
    assert any("Only 6 cells" in one for one in told["doubts"])
    assert {"this model", "hybrid", "fused", "always soft", "always healthy"} == {
        row["detector"] for row in told["tables"]["scores"]
    }
    client = __import__("mlflow").MlflowClient(tracking_uri=f"sqlite:///{lab}/mlflow.db")
    (version,) = client.search_model_versions("name='softbreak'")
    logged = client.get_run(version.run_id)
    assert logged.data.tags["labels.sha256"] == told["card"]["labels_sha256"]
    (given,) = logged.inputs.dataset_inputs
    assert given.dataset.digest == told["card"]["labels_sha256"][:36]
    if not told["champion_allowed"]:
        assert logged.data.tags["champion"] == "forced"
        assert "by force" in version.description
    shown = run("triage", lab / "cells" / "archive", "--out", lab / "out", "--workers", 0, "-q",
                "--detector", "models:/softbreak@champion")  # fmt: skip
    assert shown.exit_code == 0, shown.output


def test_a_worse_model_is_no_champion(lab, monkeypatch):
    from softbreak.training import train_measured
    from softbreak.training.measured_tables import Gate

    monkeypatch.setattr(train_measured, "gate", lambda *_: Gate(False, ("It cries wolf.",)))
    done = train(lab, "--register", "softbreak")
    assert done.exit_code == 1
    assert json.loads(done.stdout)["reasons"] == ["It cries wolf."]
    listed = json.loads(run("models", "--json").stdout)
    assert listed["registered"][0]["aliases"] == ""


def test_detectors_are_compared_on_ones_own_cells(lab):
    where = ["--archive", lab / "cells" / "archive", "--labels", lab / "labels.csv"]
    chosen = ["--detectors", "fused,cv-hardened,eis", "--out", lab / "out"]
    done = run("compare", *where, *chosen, "--json")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    scores = {row["detector"]: row for row in told["tables"]["scores"]}
    assert {"fused", "cv-hardened", "eis", "always healthy", "always soft"} == set(scores)
    assert len({(row["cells"], row["cycles"]) for row in scores.values()}) == 1, "the same cells"
    assert (lab / "out" / "tables" / "differences.csv").exists()


def test_wrong_questions_are_refused_with_a_sentence(lab):
    assert run("train", "--labels", lab / "labels.csv", "--out", lab / "x").exit_code == 2
    assert run("compare", "--archive", lab, "--out", lab / "x").exit_code == 2
    wrong = train(lab, "--group", "operator")
    assert "'operator'" in str(wrong.exception)
    (lab / "labels.csv").write_text("cell_id,first_cycle,last_cycle,state\nnobody,0,3,soft\n")
    assert "none of the 1 cells" in str(train(lab).exception)
