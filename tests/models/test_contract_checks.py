"""Every learned detector keeps the contract; one that breaks it is found."""

import numpy as np
import pytest

from softbreak.models.detector import LearnedDetector
from softbreak.models.learned import contract_checks as checks
from softbreak.models.learned.boosted import Boosted, Logistic
from softbreak.models.learned.hybrid import Hybrid
from tests.models.learned import example

MAKERS = {
    "boosted": lambda: Boosted(rounds=20),
    "boosted-voltage": lambda: Boosted("voltage", rounds=20),
    "logistic": lambda: Logistic(steps=30),
    "hybrid": lambda: Hybrid(rounds=12),
    "hybrid-voltage": lambda: Hybrid("voltage", rounds=12),
}


@pytest.mark.parametrize("name", MAKERS)
@pytest.mark.parametrize("check", checks.CHECKS, ids=lambda check: check.__name__)
def test_contract(name, check):
    check(example(MAKERS[name]))


class Forgetful(LearnedDetector):
    """Says something else for every row that was seen before."""

    def _fit(self, rows, labels, beside):
        self.count = 0

    def _score(self, rows):
        shift = np.arange(len(rows))[::-1] / max(len(rows), 1)
        return np.stack([1.0 + shift, np.ones(len(rows)), np.ones(len(rows))], axis=1)

    def _arrays(self):
        return {}

    def _restore(self, arrays, _):
        self.count = 0


@pytest.mark.parametrize(
    "check", [checks.check_causality, checks.check_update, checks.check_permutation]
)
def test_a_broken_detector_is_found(check):
    with pytest.raises(checks.BrokenContractError):
        check(example(Forgetful))
