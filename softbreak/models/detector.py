"""The contracts: of what judges the cycles of a cell, and of what learns to score them.

Learned detectors follow scikit-learn's conventions: final methods, hooks below. A subclass gives
its parameters in ``__init__`` (kept under their own names, untouched) and writes ``_fit`` and
``_score``; to be saved it also writes ``_arrays``, ``_facts`` and ``_restore``. What is checked of
every one of them stands in :mod:`softbreak.models.learned.contract_checks`.
"""

from __future__ import annotations

import hashlib
import inspect
import json
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Protocol, Self, final

import numpy as np
import pandas as pd

from softbreak.errors import SoftbreakError
from softbreak.features.cycles.finished_cycles import Cycles
from softbreak.models.model_files import MOST_FACTS, ModelError, read_arrays, stated_number
from softbreak.models.verdicts import Verdicts

STATES: Final = ("healthy", "soft", "hard")
"""Columns of ``predict_proba``, in order."""
FORMAT: Final = 1
_ARRAYS: Final = "model.npz"
_FACTS: Final = "model.json"
_SAID: Final = ("kind", "params", "columns", "facts")


class Judge(Protocol):
    """Judges the cycles of one cell in their order; every cycle is given once.

    It is begun with what is known besides cycles (cell, spectra, voltammograms). A finished cell
    gives all its cycles at once; a running one gives those that end, as long as no spectrum and
    no voltammogram was taken after they began: then another judge is begun, and is given all
    cycles anew. In how many pieces cycles come changes no verdict of the last one.
    """

    def step(self, cycles: Cycles) -> Verdicts:
        """Judge the next cycles, one or many."""
        ...


class NotFittedError(SoftbreakError, ValueError, AttributeError):
    """A detector was asked before it was fitted."""


class LearnedDetector(ABC):
    """Scores cycles from their features.

    Attributes
    ----------
    classes_ : numpy.ndarray of str
        ``STATES``; there after fitting.
    columns_ : tuple of str
        Columns that it looks at; others in a table are ignored.
    """

    classes_: np.ndarray
    columns_: tuple[str, ...]

    # ------------------------------------------------------------------ scikit-learn's ways
    @classmethod
    def _names(cls) -> list[str]:
        return [name for name in inspect.signature(cls.__init__).parameters if name != "self"]

    @final
    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters; ``deep`` is there for scikit-learn and changes nothing."""
        del deep  # no parameter is an estimator
        return {name: getattr(self, name) for name in self._names()}

    @final
    def set_params(self, **params: Any) -> Self:
        """Change parameters.

        Raises
        ------
        ValueError
            If there is none of that name.
        """
        for name, value in params.items():
            if name not in self._names():
                raise ValueError(f"{type(self).__name__} has no parameter {name!r}")
            setattr(self, name, value)
        return self

    @property
    def kind_(self) -> str:
        """Name of its kind in a saved model; a classifier of scikit-learn's has that of its own."""
        return type(self).__name__.removeprefix("Scikit")

    def __repr__(self) -> str:
        """One line that says what it is."""
        told = ", ".join(f"{name}={value!r}" for name, value in self.get_params().items())
        return f"{type(self).__name__}({told})"

    # ----------------------------------------------------------------------- final methods
    @final
    def fit(
        self,
        table: pd.DataFrame,
        states: Sequence[str] | pd.Series,
        groups: Sequence[object] | pd.Series | None = None,
        weights: np.ndarray | None = None,
        fractions: np.ndarray | None = None,
    ) -> Self:
        """Learn.

        Parameters
        ----------
        table : pandas.DataFrame
            Features, one row a cycle; NaN where absent.
        states : sequence of str
            ``STATES``.
        groups : sequence, optional
            What is held out together where something is calibrated: cells, or failure families.
        weights : numpy.ndarray, optional
        fractions : numpy.ndarray, optional
            True η_e, for detectors that estimate it.
        """
        numbers = {state: k for k, state in enumerate(STATES)}
        unknown = sorted({str(state) for state in states} - set(numbers))
        if unknown:
            raise ValueError(f"unknown states {', '.join(unknown)}; expected {', '.join(STATES)}")
        labels = np.array([numbers[str(state)] for state in states], dtype=np.int64)
        if len(labels) != len(table) or not len(table):
            raise ValueError(f"{len(table)} rows of features for {len(labels)} states")
        table = self._table(table)
        self.classes_ = np.array(STATES)
        self.columns_ = self._columns() or tuple(str(name) for name in table.columns)
        owners = np.arange(len(table)) if groups is None else _numbered(groups)
        weight = np.ones(len(table)) if weights is None else np.asarray(weights, dtype=np.float64)
        eta = None if fractions is None else np.asarray(fractions, dtype=np.float64)
        self._fit(self.matrix(table), labels, (owners, weight, eta))
        return self

    @final
    def predict_proba(self, table: pd.DataFrame) -> np.ndarray:
        """Return the probabilities of ``STATES``, shape (n, 3); every row sums to one."""
        self._require_fitted()
        scores = self._score(self.matrix(table)) if len(table) else np.empty((0, 3))
        return scores / scores.sum(axis=1, keepdims=True)

    @final
    def predict(self, table: pd.DataFrame) -> np.ndarray:
        """Return the most probable state of each row; abstention is a matter of the judge."""
        return np.array(STATES)[self.predict_proba(table).argmax(axis=1)]

    @final
    def update(self, row: Mapping[str, float]) -> np.ndarray:
        """Return the probabilities of one cycle's features, shape (3,), for streams.

        The features carry the cell's past, so that nothing is remembered here.
        """
        self._require_fitted()
        values = [[float(row.get(name, np.nan)) for name in self.columns_]]
        scores = self._score(np.array(values, dtype=np.float64))[0]
        return np.asarray(scores / scores.sum())

    @final
    def matrix(self, table: pd.DataFrame) -> np.ndarray:
        """Return the columns that this detector looks at, as float64.

        Raises
        ------
        ValueError
            If one is not there.
        """
        table = self._table(table)
        absent = [name for name in self.columns_ if name not in table.columns]
        if absent:
            raise ValueError(f"the table has no column {absent[0]!r} ({len(absent)} are absent)")
        return table[list(self.columns_)].to_numpy(dtype=np.float64)

    def _table(self, table: Any) -> pd.DataFrame:
        """Return X as a table; an array has the columns of its learner's table, in their order.

        Raises
        ------
        ValueError
            If it has another number of columns.
        """
        if isinstance(table, pd.DataFrame):
            return table
        values, names = np.asarray(table, dtype=np.float64), self._places()
        if values.ndim != 2 or not values.shape[1] or (names and values.shape[1] != len(names)):
            raise ValueError(
                f"X is an array of shape {values.shape}; expected a table with named columns, or "
                f"an array with the {len(names)} columns of softbreak.cycle_table in their order"
            )
        return pd.DataFrame(values, columns=list(names) or [*map(str, range(values.shape[1]))])

    def _places(self) -> tuple[str, ...]:
        """Names of an array's columns; none where any table will do."""
        return ()

    @final
    def save(self, folder: Path, told: Mapping[str, Any] | None = None) -> None:
        """Write arrays and facts into a folder; nothing in it can run code when it is read.

        Parameters
        ----------
        folder : Path
            Is made where it is not there.
        told : mapping, optional
            What else the sidecar is to say: recipe, seeds, metrics.
        """
        self._require_fitted()
        folder.mkdir(parents=True, exist_ok=True)
        write_arrays(folder / _ARRAYS, self._arrays())
        digest = hashlib.sha256((folder / _ARRAYS).read_bytes()).hexdigest()
        facts = {
            "format": FORMAT,
            "kind": self.kind_,
            "params": self.get_params(),
            "columns": list(self.columns_),
            "facts": self._facts(),
            "sha256": digest,
            "told": dict(told or {}),
        }
        text = json.dumps(facts, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=True)
        (folder / _FACTS).write_text(text + "\n", encoding="utf-8")

    @final
    def restored(self, folder: Path) -> Self:
        """Take over what :meth:`save` wrote, and return self.

        Raises
        ------
        SoftbreakError
            If something in it is not what a model of this kind holds.
        """
        facts = read_facts(folder)
        if facts["kind"] != self.kind_:
            raise SoftbreakError(f"{folder} holds a {facts['kind']}, no {self.kind_}")
        try:
            self._take_over(folder, facts)
        except SoftbreakError as error:
            raise ModelError(f"{folder} holds no usable model: {error}") from error
        except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
            told = f"{type(error).__name__}: {str(error)[:200]}"
            raise ModelError(f"{folder} holds no usable model ({told})") from error
        return self

    def _take_over(self, folder: Path, facts: Mapping[str, Any]) -> None:
        self.set_params(**self._checked_params(facts["params"]))
        self.classes_ = np.array(STATES)
        self.columns_ = self._checked_columns(facts["columns"])
        checksum = facts.get("sha256")
        if checksum is not None and not isinstance(checksum, str):
            raise ModelError("sha256 is no text")
        self._restore(read_arrays(folder / _ARRAYS, checksum), facts["facts"])

    def _checked_params(self, told: Mapping[str, Any]) -> dict[str, Any]:
        """Return parameters, each of the kind of its default."""
        defaults = self.get_params()
        for name, value in told.items():
            default = defaults.get(name)
            whole = isinstance(default, int) and not isinstance(default, bool)
            if whole and (type(value) is not int or not 0 <= value < 1 << 31):
                raise ModelError(
                    f"parameter {name} is {str(value)[:40]!r}; expected a whole number"
                )
            if isinstance(default, str) and not isinstance(value, str):
                raise ModelError(f"parameter {name} is {str(value)[:40]!r}; expected text")
            if isinstance(default, float | tuple):
                numbers = value if isinstance(default, tuple) else [value]
                for one in numbers:
                    stated_number({name: one}, name, -1e9, 1e9)
                if isinstance(default, tuple) and len(numbers) != len(default):
                    raise ModelError(f"parameter {name} has {len(numbers)} numbers")
        return dict(told)

    def _checked_columns(self, told: Sequence[Any]) -> tuple[str, ...]:
        """Return the columns of a saved model, each once, and each one that there is."""
        columns = tuple(told)
        if not all(isinstance(name, str) for name in columns) or len(set(columns)) != len(columns):
            raise ModelError("its columns are no names, or one is there twice")
        known = self._columns()
        unknown = [name for name in columns if known and name not in known]
        if unknown or not columns:
            raise ModelError(f"it looks at a column {str(unknown[:1])[:60]} that there is not")
        return columns

    def _require_fitted(self) -> None:
        if not hasattr(self, "columns_"):
            raise NotFittedError(
                f"this {type(self).__name__} has not been fitted; call fit(table, states) first, "
                "or load a model that was saved"
            )

    # ------------------------------------------------------------------------------- hooks
    def _columns(self) -> tuple[str, ...]:
        """Columns to look at; none for all that the table has."""
        return ()

    @abstractmethod
    def _fit(
        self,
        rows: np.ndarray,
        labels: np.ndarray,
        beside: tuple[np.ndarray, np.ndarray, np.ndarray | None],
    ) -> None:
        """Learn from rows and labels (0, 1, 2), beside owners, weights and true η_e."""

    @abstractmethod
    def _score(self, rows: np.ndarray) -> np.ndarray:
        """Return non-negative scores, shape (n, 3)."""

    @abstractmethod
    def _arrays(self) -> dict[str, np.ndarray]:
        """Return what was learned, as arrays."""

    def _facts(self) -> dict[str, Any]:
        """Return what was learned, as words and numbers."""
        return {}

    @abstractmethod
    def _restore(self, arrays: Mapping[str, np.ndarray], facts: Mapping[str, Any]) -> None:
        """Take over both."""


def _numbered(groups: Sequence[object] | pd.Series) -> np.ndarray:
    """Numbers for groups, in the order of their names."""
    _, numbers = np.unique(np.array([str(group) for group in groups]), return_inverse=True)
    return numbers.astype(np.int64)


def read_facts(folder: Path) -> dict[str, Any]:
    """Return the sidecar of a saved model.

    Raises
    ------
    SoftbreakError
        If the folder holds no model, or one of another format.
    """
    path = folder / _FACTS
    if not path.is_file():
        raise SoftbreakError(f"{folder} holds no saved model ({_FACTS} is not there)")
    if path.stat().st_size > MOST_FACTS:
        raise SoftbreakError(f"{path} has more than {MOST_FACTS:,} bytes; no sidecar has so many")
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise SoftbreakError(f"{path} is no JSON: {error}") from error
    if not isinstance(facts, dict) or facts.get("format") != FORMAT:
        raise SoftbreakError(f"{path} is not a model of format {FORMAT}; save it anew")
    if absent := [name for name in _SAID if name not in facts]:
        raise SoftbreakError(f"{path} does not say its {absent[0]}; save it anew")
    return facts


def write_arrays(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Write arrays so that equal arrays give equal bytes: no clock in the archive.

    Parameters
    ----------
    path : Path
    arrays : mapping
    """
    import io
    import zipfile

    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(arrays):
            buffer = io.BytesIO()
            np.lib.format.write_array(
                buffer, np.ascontiguousarray(arrays[name]), allow_pickle=False
            )
            entry = zipfile.ZipInfo(f"{name}.npy", (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, buffer.getvalue())
