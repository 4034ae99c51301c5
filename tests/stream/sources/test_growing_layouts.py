"""Files that grow under second headers, in blank lines, exported again: no sample is ever wrong."""

import random

import numpy as np
import pytest

from tests.metamorphic.recording import recorded
from tests.metamorphic.transforms import TRANSFORMS
from tests.stream.growing import Cycler, Received, assert_same, batch, folder

LAYOUTS = (
    "as it is",
    "a header in milli",
    "a header in another order",
    "the header again",
    "blank lines",
    "words below",
    "no end to the last line",
    "exported twice",
    "a begun export before",
    "units below the headings",
    "newest first",
)


@pytest.mark.parametrize("style", ["neware", "own"])
@pytest.mark.parametrize("name", LAYOUTS)
def test_growing_layouts(tmp_path, name, style):
    path = TRANSFORMS[name](recorded("healthy", style)).write(tmp_path)
    data = path.read_bytes()
    cycler, source, received = Cycler(tmp_path / "live"), folder(tmp_path / "live"), Received()
    choose = random.Random(name)
    for size in [*sorted(choose.sample(range(200, len(data)), 8)), len(data)]:
        cycler.write("cell.csv", data[:size])
        received.take(source)
        for _, table in received.tables().values():
            assert np.abs(table["current_ampere"]).max() <= 5.001e-4
            assert np.abs(table["voltage_volt"]).max() <= 0.0521
    cycler.write("cell.csv", data, age=86_400)
    received.take(source)
    assert_same(received, batch(tmp_path / "live", ["cell.csv"]))


def test_a_header_in_other_units_is_read_on_without_a_restart(tmp_path):
    path = TRANSFORMS["a header in milli"](recorded("healthy", "neware")).write(tmp_path)
    data = path.read_bytes()
    cycler, source, received = Cycler(tmp_path / "live"), folder(tmp_path / "live"), Received()
    lines = [k for k, byte in enumerate(data) if byte == 10]
    for end in lines[40::60]:
        cycler.write("cell.csv", data[: end + 1])
        received.take(source)
    assert received.restarts == 0
