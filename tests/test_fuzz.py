"""A small run of the fuzzer (benchmarks/fuzz.py runs it for long): nothing but errors of ours."""

import pytest

from tests.fuzzing import TARGETS, Http, fuzz

COUNTS = {
    "messages": 3000,
    "manifests": 1000,
    "models": 150,
    "tables": 400,
    "vendors": 400,
    "spectra": 300,
    "readers": 200,
}
FOUND = {
    "messages": (),
    "manifests": (),
    "models": (),
    "tables": (),
    "vendors": (),
    "spectra": (),
    "readers": (),
}
"""Seeds that once found something: they are run for ever."""


@pytest.mark.parametrize("name", TARGETS)
def test_whatever_comes_is_understood_or_refused(name):
    understood, refused = fuzz(TARGETS[name], [*FOUND[name], *range(COUNTS[name])])
    assert understood > COUNTS[name] // 50, (
        "nothing was right: the inputs have lost their structure"
    )
    assert refused > COUNTS[name] // 50, "nothing was wrong: the mutations do nothing"


def test_whatever_is_posted_is_answered_and_the_watch_goes_on():
    http = Http()
    try:
        understood, refused = fuzz(http, range(300))
    finally:
        http.close()
    assert (understood, refused) == (300, 0)
    assert http.samples > 100


def test_a_finding_is_not_swallowed():
    with pytest.raises(ZeroDivisionError) as error:
        fuzz(lambda choose: 1 / 0, [7])
    assert "seed 7" in error.value.__notes__
