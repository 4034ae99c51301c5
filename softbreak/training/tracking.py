"""The only door to MLflow: runs, metrics, models and their names.

The store is ``sqlite:///mlflow.db`` in the working directory, where a plain ``mlflow ui`` looks, or
what the standard variable ``MLFLOW_TRACKING_URI`` says. Telemetry is off; nothing is
logged that was not asked for.
"""

from __future__ import annotations

import json
import logging
import math
import os
import shutil
import tempfile
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import pandas as pd

from softbreak.errors import SoftbreakError
from softbreak.installed import missing_module
from softbreak.training.provenance import ABOUT, EXPERIMENT_NOTE, git_state, machine
from softbreak.version import __version__

DEFAULT_STORE: Final = "sqlite:///mlflow.db"
STORE_VARIABLE: Final = "MLFLOW_TRACKING_URI"
EXPERIMENT: Final = "softbreak"
REGISTERED: Final = "softbreak"
"""Name of the registered model where nobody gives another."""
ALIAS: Final = "champion"
SCHEME: Final = "models:/"
LOADER: Final = "softbreak.training.served"
"""Module that MLflow calls to load a model: it is stored as plain files, without any pickle."""
_SQLITE: Final = "sqlite:///"
_BATCH: Final = 900
"""Metrics that go to the store at once (it takes 1000)."""


def store_uri(uri: str | None = None) -> str:
    """Return where runs are stored: as asked for, else by the standard variable, else here."""
    return uri or os.environ.get(STORE_VARIABLE) or DEFAULT_STORE


def _mlflow(uri: str | None) -> ModuleType:
    """Import MLflow, silent, and pointed at a store."""
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("DO_NOT_TRACK", "true")
    with _quiet():
        try:
            import mlflow
            import mlflow.pyfunc
        except ImportError as error:
            raise SoftbreakError(missing_module(error, "tracking")) from error
        for name in ("mlflow", "alembic"):
            logging.getLogger(name).setLevel(logging.WARNING)
        mlflow.set_tracking_uri(store_uri(uri))
    return mlflow


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """A run that is under way.

    Attributes
    ----------
    run_id : str
    experiment_id : str
    uri : str
        Of the store.
    """

    run_id: str
    experiment_id: str
    uri: str
    _client: Any

    def parameters(self, values: Mapping[str, object]) -> None:
        """Log parameters; nested ones get dotted names."""
        from mlflow.entities import Param

        flat = [Param(name, _short(value)) for name, value in _flat(values)]
        for start in range(0, len(flat), 100):
            self._batch(params=flat[start : start + 100])

    def metrics(self, values: Mapping[str, float], *, step: int = 0) -> None:
        """Log numbers; those that are not known are left out.

        Parameters
        ----------
        values : mapping
            Names may hold "/": the page groups by what stands before it.
        step : int
        """
        from mlflow.entities import Metric

        now = int(time.time() * 1000)
        known = [
            Metric(_name(name), float(value), now, step)
            for name, value in values.items()
            if math.isfinite(float(value))
        ]
        for start in range(0, len(known), _BATCH):
            self._batch(metrics=known[start : start + _BATCH])

    def describe(self, text: str) -> None:
        """Set what stands on the run's page (Markdown)."""
        self.tags({"mlflow.note.content": text})

    def tags(self, values: Mapping[str, str]) -> None:
        """Log tags."""
        from mlflow.entities import RunTag

        tags = [RunTag(name, str(value)) for name, value in values.items()]
        self._batch(tags=tags)

    def tag_version(self, uri: str, values: Mapping[str, str]) -> None:
        """Log tags of a registered version, by the URI that :meth:`model` returned."""
        name, _, version = uri.removeprefix(SCHEME).partition("/")
        with _quiet():
            for key, value in values.items():
                self._client.set_model_version_tag(name, version, key, value)

    def _batch(self, **values: list[Any]) -> None:
        with _quiet():
            self._client.log_batch(self.run_id, **values)

    def text(self, text: str, path: str) -> None:
        """Log a text file."""
        with _quiet():
            self._client.log_text(self.run_id, text, path)

    def json(self, value: Mapping[str, Any], path: str) -> None:
        """Log a JSON file."""
        self.text(json.dumps(value, indent=2, sort_keys=True, default=str), path)

    def file(self, file: Path, folder: str = "") -> None:
        """Log a file, or a folder with all that is in it."""
        with _quiet():
            if file.is_dir():
                self._client.log_artifacts(self.run_id, str(file), folder or None)
            else:
                self._client.log_artifact(self.run_id, str(file), folder or None)

    def dataset(self, table: pd.DataFrame, name: str, *, digest: str, source: str) -> None:
        """Log what was learnt from as a dataset of the run.

        Parameters
        ----------
        table : DataFrame
            Has a column ``state``.
        name : str
        digest : str
            Of its content; the first 36 characters are kept, as MLflow has it.
        source : str
            Where it came from.
        """
        mlflow = _mlflow(self.uri)
        with _quiet():
            made = mlflow.data.from_pandas(
                table, source=source, name=name, digest=digest[:36], targets="state"
            )
            mlflow.log_input(made, context="training")

    def recipe(self, name: str, *, digest: str, source: str) -> None:
        """Log simulated cells as the dataset of the run: a recipe, from which they can be made.

        Parameters
        ----------
        name : str
        digest : str
            Of the recipe; the first 36 characters are kept, as MLflow has it.
        source : str
            The recipe itself, as JSON.
        """
        mlflow = _mlflow(self.uri)
        with _quiet():
            from mlflow.data.code_dataset_source import CodeDatasetSource
            from mlflow.data.meta_dataset import MetaDataset

            made = CodeDatasetSource(tags={"recipe": source})
            # its own stubs call it abstract; it is what MLflow offers for data without a table
            data = MetaDataset(made, name=name, digest=digest[:36])  # type: ignore[abstract]
            mlflow.log_input(data, context="training")

    def model(
        self,
        folder: Path,
        example: pd.DataFrame,
        said: pd.DataFrame,
        *,
        card: str = "",
        register: str | None = None,
        aliases: Sequence[str] = (),
    ) -> str:
        """Log a model with its signature, and register it.

        Parameters
        ----------
        folder : Path
            In the format of the shipped models: no pickle.
        example, said : DataFrame
            A few rows of features, and what the model makes of them: signature and example.
        card : str
            Shown on the page of the registered version.
        register : str, optional
            Name in the registry; not registered without.
        aliases : sequence of str
            Of the registered version.

        Returns
        -------
        str
            URI that :func:`fetch` understands.
        """
        mlflow = _mlflow(self.uri)
        with _quiet(), tempfile.TemporaryDirectory(prefix="softbreak-model-") as place:
            data = Path(shutil.copytree(folder, Path(place) / "model"))
            info = mlflow.pyfunc.log_model(
                name="model",
                loader_module=LOADER,
                data_path=str(data),
                signature=mlflow.models.infer_signature(example, said),
                input_example=example,
                pip_requirements=[f"softbreak[learn]=={__version__}"],
            )
        if register is None:
            return str(info.model_uri)
        with _quiet():
            version = mlflow.register_model(info.model_uri, register)
            self._client.update_registered_model(register, ABOUT)
            for alias in aliases:
                self._client.set_registered_model_alias(register, alias, version.version)
            if card:
                self._client.update_model_version(register, version.version, description=card)
        return f"{SCHEME}{register}/{version.version}"


@contextmanager
def run(name: str, *, experiment: str = EXPERIMENT, uri: str | None = None) -> Iterator[Run]:
    """Start a run; it ends as failed if an error leaves the block.

    Parameters
    ----------
    name : str
    experiment : str
    uri : str, optional
        See :func:`store_uri`.
    """
    mlflow = _mlflow(uri)
    found = store_uri(uri)
    with _quiet():
        client = mlflow.MlflowClient(tracking_uri=found)
        number = _experiment(client, experiment, found)
        active = mlflow.start_run(experiment_id=number, run_name=name)
    under_way = Run(active.info.run_id, number, found, client)
    status = "FAILED"
    try:
        under_way.tags({**git_state(), **machine()})
        yield under_way
        status = "FINISHED"
    finally:
        with _quiet():
            mlflow.end_run(status)


def _experiment(client: Any, name: str, uri: str) -> str:
    found = client.get_experiment_by_name(name)
    if found is not None:
        return str(found.experiment_id)
    place = None
    if uri.startswith(_SQLITE):
        # beside the database, wherever the server is started from later
        database = Path(uri.removeprefix(_SQLITE)).absolute()
        place = (database.parent / "mlartifacts").as_uri()
    kind = {
        "mlflow.experimentKind": "custom_model_development",  # else the page is one for chats
        "mlflow.note.content": EXPERIMENT_NOTE,
    }
    return str(client.create_experiment(name, artifact_location=place, tags=kind))


def fetch(uri: str, *, store: str | None = None) -> Path:
    """Return a local folder with a logged model, in the format of the shipped ones.

    Parameters
    ----------
    uri : str
        ``models:/NAME@ALIAS``, ``models:/NAME/VERSION``, or what :meth:`Run.model` returned.
    store : str, optional
        See :func:`store_uri`.

    Raises
    ------
    SoftbreakError
        If there is no such model, or it was logged by something else.
    """
    mlflow = _mlflow(store)
    where = store_uri(store)
    if where.startswith(_SQLITE) and not Path(where.removeprefix(_SQLITE)).exists():
        raise SoftbreakError(
            f"there is no store {where}; give its address in {STORE_VARIABLE}, or train a model "
            "with `softbreak train`"
        )
    try:
        with _quiet():
            local = Path(mlflow.artifacts.download_artifacts(artifact_uri=uri))
    except (mlflow.exceptions.MlflowException, OSError) as error:
        raise SoftbreakError(f"{uri} was not found in {where}: {error}") from error
    described = local / "MLmodel"
    if not described.exists() or LOADER not in described.read_text(encoding="utf-8"):
        raise SoftbreakError(f"{uri} is no model that softbreak logged")
    return local / "data" / "model"


def registered(store: str | None = None) -> pd.DataFrame:
    """Return the registered versions: ``name, version, aliases, run_id, created, uri, card``.

    Parameters
    ----------
    store : str, optional
        See :func:`store_uri`. Without a store there are none: none is made.
    """
    names = ["name", "version", "aliases", "run_id", "created", "uri", "card"]
    where = store_uri(store)
    if where.startswith(_SQLITE) and not Path(where.removeprefix(_SQLITE)).exists():
        return pd.DataFrame(columns=names)
    client = _mlflow(store).MlflowClient(tracking_uri=where)
    with _quiet():
        found = [
            (model, list(client.search_model_versions(f"name='{model.name}'")))
            for model in client.search_registered_models()
        ]
    rows = [_version(model, one) for model, versions in found for one in versions]
    return pd.DataFrame(rows, columns=names)


def _version(model: Any, version: Any) -> dict[str, Any]:
    """One row of :func:`registered`."""
    number = str(version.version)
    own = sorted(alias for alias, of in model.aliases.items() if str(of) == number)
    return {
        "name": model.name,
        "version": int(number),
        "aliases": ", ".join(own),
        "run_id": version.run_id or "",
        "created": pd.Timestamp(version.creation_timestamp, unit="ms", tz="UTC"),
        "uri": f"{SCHEME}{model.name}" + (f"@{own[0]}" if own else f"/{number}"),
        "card": version.description or "",
    }


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep from people what MLflow and what it uses have to say to their own developers.

    Its progress bars for files of a few kilobytes, too.
    """
    before = os.environ.get("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR")
    os.environ["MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR"] = "false"
    try:
        with warnings.catch_warnings():
            for theirs in ("mlflow", "sqlalchemy", "alembic", "pydantic"):
                warnings.filterwarnings("ignore", module=theirs)
            warnings.filterwarnings("ignore", category=DeprecationWarning)
            yield
    finally:
        if before is None:
            del os.environ["MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR"]
        else:
            os.environ["MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR"] = before


def _flat(values: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, object]]:
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def _short(value: object) -> str:
    """Parameters are short words; what is longer stands in a file."""
    text = str(value)
    return text if len(text) <= 500 else text[:497] + "…"


def _name(name: str) -> str:
    """Metric names hold letters, digits and a few marks only."""
    return "".join(c if c.isalnum() or c in "_-./ :" else "_" for c in name)
