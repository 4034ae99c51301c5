"""Learners as scikit-learn's own classifiers; scikit-learn is imported here and nowhere near it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import NotFittedError as ScikitNotFittedError

from softbreak.models.detector import LearnedDetector, NotFittedError


class UnfittedError(NotFittedError, ScikitNotFittedError):
    """Both families' way to say that a classifier was asked before it was fitted."""


class Scikit(ClassifierMixin, BaseEstimator):
    """What scikit-learn wants of a classifier beyond what every learned detector has.

    ``classes_`` are always the three states in their order, whatever a fold of a cross-validation
    holds. X is a table with named columns (:func:`softbreak.cycle_table`), or an array with the
    columns of that table in their order, as scalers give it; y are the words of the states.
    """

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.classifier_tags.multi_class = True
        return tags

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "columns_")

    def _require_fitted(self) -> None:
        if not self.__sklearn_is_fitted__():
            raise UnfittedError(
                f"this {type(self).__name__} has not been fitted; call fit(X, y) first"
            )

    @property
    def feature_names_in_(self) -> np.ndarray:
        """Columns that it looks at; there after fitting."""
        if not hasattr(self, "columns_"):
            raise AttributeError("not fitted: there are no columns yet")
        return np.array(self.columns_, dtype=object)

    @property
    def n_features_in_(self) -> int:
        """How many these are."""
        return len(self.feature_names_in_)


@cache
def classifier_class(kind: type[LearnedDetector]) -> type[LearnedDetector]:
    """Return a class of learned detectors that is also a scikit-learn classifier.

    Parameters
    ----------
    kind : type
        A subclass of :class:`softbreak.models.detector.LearnedDetector`.
    """
    told = {"__doc__": kind.__doc__, "__module__": __name__, "__init__": kind.__init__}
    made = type(f"Scikit{kind.__name__}", (Scikit, kind), told)
    globals()[made.__name__] = made  # so that a copy in another process finds its class
    return made


def classifier_of(model: LearnedDetector, parameters: Mapping[str, Any]) -> LearnedDetector:
    """Return a classifier with the parameters of a detector that has not learnt.

    Parameters
    ----------
    model : LearnedDetector
    parameters : mapping
    """
    return classifier_class(type(model))(**{**model.get_params(), **parameters})
