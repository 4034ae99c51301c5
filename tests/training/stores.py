"""Empty MLflow stores: made once (its tables take seconds), then copied."""

from __future__ import annotations

import shutil
import tempfile
from functools import cache
from pathlib import Path


@cache
def _template() -> Path:
    from softbreak.training import tracking

    # kept until the process ends: the tests of a session share it
    place = Path(tempfile.mkdtemp(prefix="softbreak-store-")) / "mlflow.db"
    tracking._mlflow(f"sqlite:///{place}").MlflowClient().search_experiments()
    return place


def fresh_store(folder: Path) -> str:
    """Return the address of an empty store in a folder."""
    shutil.copyfile(_template(), folder / "mlflow.db")
    return f"sqlite:///{folder}/mlflow.db"
