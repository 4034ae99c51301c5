"""``softbreak train`` and ``softbreak models``."""

from __future__ import annotations

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

# the tests ask MLflow themselves, and it warns its own developers
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture
def store(tmp_path, monkeypatch):
    from softbreak.models.learned import learners as learner

    monkeypatch.setitem(learner.LEARNERS, "small", LEARNER)
    monkeypatch.setitem(learner.KINDS, "Small", KIND)
    monkeypatch.setenv(tracking.STORE_VARIABLE, fresh_store(tmp_path))
    return tmp_path


def run(*arguments):
    return CliRunner().invoke(app, list(arguments))


def test_train_register_list_and_show(store):
    small = ["train", "--model", "small", "--cells", "20", "--seed", "11"]
    done = run(*small, "--out", str(store / "model"), "--register", "softbreak", "--json")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["uri"] == "models:/softbreak/1"
    assert told["card"]["plan"]["cells"] == 20
    assert (store / "model" / "model.json").exists()

    client = __import__("mlflow").MlflowClient(tracking_uri=f"sqlite:///{store}/mlflow.db")
    (model,) = client.search_model_versions("name='softbreak'")
    figures = {one.path for one in client.list_artifacts(model.run_id, "figures")}
    wanted = {"confusion", "reliability", "onset-delay", "false-alarms", "importances"}
    assert {f"figures/{name}.png" for name in wanted} <= figures

    listed = json.loads(run("models", "--json").stdout)
    assert listed["registered"][0]["uri"] == "models:/softbreak@champion"
    assert "fused" in {one["name"] for one in listed["detectors"]}
    assert "small" in listed["learners"]
    shown = run("models")
    assert shown.exit_code == 0
    assert "models:/softbreak@champion" in shown.stdout.replace("\n", "")
    card = run("models", "--card", "models:/softbreak@champion")
    assert card.exit_code == 0
    assert "simulated" in card.stdout
    same = run("models", "--card", str(store / "model"), "--json")
    printed = json.loads(same.stdout)
    assert len(printed.pop("fingerprint")) == 64
    assert printed == told["card"]

    write_preset("population", store / "cells", recipe=Recipe(1, cycles=4, every=0))
    archive, labelled = str(store / "cells" / "archive"), store / "labelled"
    judged = ["--detector", "models:/softbreak@champion", "--workers", "0", "-q"]
    done = run("triage", archive, *judged, "--out", str(labelled))
    assert done.exit_code == 0, done.output
    verdicts = pd.read_parquet(labelled / "verdicts.parquet")
    assert set(verdicts["detector"]) == {"small"}
    assert len(verdicts) == 4


def test_wrong_questions_are_refused(store):
    out = ["--out", str(store / "none")]
    assert run("train", *out).exit_code == 2
    assert run("train", "--default", "--model", "small", *out).exit_code == 2
    assert run("train", "--model", "small", "--seed", "1000", *out).exit_code == 2
    assert run("train", "--model", "nobody", *out).exit_code != 0
    assert run("models", "--card", "fused").exit_code != 0
    assert not (store / "none").exists()


def test_shipped_models_are_rebuilt_and_held_against_the_shipped_ones(store, monkeypatch):
    from softbreak.models import registry
    from softbreak.training import train

    small = ["train", "--model", "small", "--cells", "20", "--seed", "11", "--no-track"]
    shipped = store / "pretrained"
    kept = ["--population", str(store / "cells" / "cells-20-seed-11")]
    assert run(*small, *kept, "--no-validate", "--out", str(shipped / "one"), "-q").exit_code == 0
    monkeypatch.setattr(registry, "PRETRAINED", shipped)
    monkeypatch.setattr(train, "PRETRAINED", shipped)
    again = ["train", "--default", "--no-track", "--population", str(store / "cells")]
    done = run(*again, "--out", str(store / "again"), "--json")
    assert done.exit_code == 0, done.output
    (told,) = json.loads(done.stdout)["models"]
    assert told["same_as_shipped"] is True
    assert told["model"].endswith("one")
    path = shipped / "one" / "model.json"
    path.write_text(path.read_text(encoding="utf-8") + " ", encoding="utf-8")
    done = run(*again, "--out", str(store / "other"))
    assert done.exit_code == 1
    assert "DIFFERS FROM" in done.stdout


def test_every_shipped_model_states_its_plan():
    from softbreak.training.train import shipped_plans

    plans = shipped_plans()
    assert "hybrid" in plans
    assert all(plan.seed < 1000 for plan in plans.values())
