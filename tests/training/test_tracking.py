"""MLflow: what is logged can be read back, and the registry gives the model back."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from softbreak.errors import SoftbreakError
from softbreak.models.learned.learners import load_learned
from softbreak.training import logged, tracking
from softbreak.training.served import chances
from tests.training.stores import fresh_store

# the tests ask MLflow themselves, and it warns its own developers
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture
def store(tmp_path, monkeypatch):
    uri = fresh_store(tmp_path)
    monkeypatch.setenv(tracking.STORE_VARIABLE, uri)
    return uri


def test_a_training_is_tracked_registered_and_fetched(trained, store, tmp_path):
    import mlflow

    pictures = tmp_path / "pictures"
    pictures.mkdir()
    (pictures / "one.png").write_bytes(b"\x89PNG")
    with tracking.run("a run") as run:
        uri = logged.log(
            run, trained, figures=pictures, register="softbreak", aliases=("champion",)
        )
    assert uri == "models:/softbreak/1"

    client = mlflow.MlflowClient(tracking_uri=store)
    told = client.get_run(run.run_id)
    assert told.info.status == "FINISHED"
    assert "simulated" in told.data.tags["mlflow.note.content"]
    assert told.data.params["model"] == "small"
    assert told.data.params["model.strength"] == "1.0"
    assert told.data.params["data.laws"] == "a"
    assert told.data.params["data.seed"] == "11"
    assert told.data.tags["cells"] == "SIMULATED, law set a"
    scores = trained.tables["scores"].set_index("detector")
    assert told.data.metrics["macro_f1"] == pytest.approx(scores.loc["small", "macro_f1"])
    assert told.data.metrics["fused/coverage"] == pytest.approx(scores.loc["fused", "coverage"])
    assert any(name.startswith("family ") for name in told.data.metrics)
    first = sorted(told.data.metrics)[:4]
    assert all(name.startswith("01 answered - percent of cycles/") for name in first)
    assert {name.rpartition("/")[2] for name in first} >= {"this model", "fused", "always healthy"}
    share = told.data.metrics["01 answered - percent of cycles/this model"]
    assert share == pytest.approx(100 * scores.loc["small", "coverage"])
    wrong = told.data.metrics["03 wrong healthy - per 1000 clearly short cycles/always healthy"]
    assert wrong == 1000
    assert len({name[:2] for name in told.data.metrics if name[:2].isdigit()}) >= 10
    (data,) = told.inputs.dataset_inputs
    assert data.dataset.name == "simulated, law set a, seed 11"
    assert '"laws": "a"' in json.loads(data.dataset.source)["tags"]["recipe"]
    assert "features in" in client.get_registered_model("softbreak").description
    version = client.get_model_version("softbreak", "1")
    assert version.tags["fingerprint"] == told.data.tags["fingerprint"]
    assert "simulated" in version.description
    assert any(name.startswith("false alarms/") for name in told.data.metrics)
    names = {one.path for one in client.list_artifacts(run.run_id, "tables")}
    assert {"tables/confusion.csv", "tables/importances.csv", "tables/reliability.csv"} <= names
    assert [one.path for one in client.list_artifacts(run.run_id, "figures")] == ["figures/one.png"]

    for address in ("models:/softbreak@champion", "models:/softbreak/1"):
        folder = tracking.fetch(address)
        assert chances(load_learned(folder), trained.example).equals(trained.said)
    served = mlflow.pyfunc.load_model("models:/softbreak@champion")
    pd.testing.assert_frame_equal(served.predict(trained.example), trained.said)
    assert served.metadata.signature.inputs.input_names() == list(trained.example.columns)
    assert not [p for p in folder.parent.rglob("*") if p.suffix in (".pkl", ".pickle")]

    table = tracking.registered()
    assert table["uri"].tolist() == ["models:/softbreak@champion"]
    assert "simulated" in table["card"][0]
    with pytest.raises(SoftbreakError, match="was not found"):
        tracking.fetch("models:/softbreak@nobody")


def test_a_run_that_fails_says_so(store):
    import mlflow

    with pytest.raises(RuntimeError), tracking.run("broken") as run:
        run.metrics({"known": 1.0, "unknown": float("nan"), "odd <name>": 2.0})
        raise RuntimeError
    told = mlflow.MlflowClient(tracking_uri=store).get_run(run.run_id)
    assert told.info.status == "FAILED"
    assert told.data.metrics == {"known": 1.0, "odd _name_": 2.0}


def test_where_runs_are_stored(monkeypatch):
    monkeypatch.delenv(tracking.STORE_VARIABLE, raising=False)
    assert tracking.store_uri() == "sqlite:///mlflow.db"
    monkeypatch.setenv(tracking.STORE_VARIABLE, "http://lab:5000")
    assert tracking.store_uri() == "http://lab:5000"
    assert tracking.store_uri("sqlite:///mine.db") == "sqlite:///mine.db"


def test_looking_makes_no_store(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(tracking.STORE_VARIABLE, raising=False)
    assert tracking.registered().empty
    with pytest.raises(SoftbreakError, match="there is no store"):
        tracking.fetch("models:/softbreak@champion")
    assert list(tmp_path.iterdir()) == []


def test_the_state_of_the_sources_is_told():
    told = tracking.git_state()
    assert set(told) in (set(), {"git.commit", "git.clean"})
    assert all(told.values())


def test_only_one_module_knows_mlflow():
    from pathlib import Path

    import softbreak

    users = [
        path.name
        for path in Path(softbreak.__file__).parent.rglob("*.py")
        if "import mlflow" in path.read_text(encoding="utf-8")
    ]
    assert users == ["tracking.py"]
