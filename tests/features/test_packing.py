"""The memory of a live cell as bytes."""

import numpy as np
import pytest

from softbreak.errors import SoftbreakError
from softbreak.features.half_cycles.state_bytes import MAGIC, pack, unpack

TREE = {
    "words": ["a", None, True, 3, 2.5],
    "numbers": {
        "f": np.arange(6.0).reshape(2, 3),
        "i": np.array([1, -2]),
        "none": np.empty((0, 3)),
    },
    "nan": float("nan"),
}


def test_round_trip():
    back = unpack(pack(TREE))
    assert back["words"] == TREE["words"]
    assert np.isnan(back["nan"])
    for name, array in TREE["numbers"].items():
        np.testing.assert_array_equal(back["numbers"][name], array)
        assert back["numbers"][name].dtype == array.dtype


def test_what_is_damaged_is_refused():
    stored = pack(TREE)
    for wrong in (b"", b"hello", stored[:30], stored[:-8], stored[: len(MAGIC)] + b"\x09\x09"):
        with pytest.raises(SoftbreakError, match="anew"):
            unpack(wrong)
    newer = stored[: len(MAGIC)] + b"\x63\x00" + stored[len(MAGIC) + 2 :]
    with pytest.raises(SoftbreakError, match="format 99"):
        unpack(newer)
    with pytest.raises(SoftbreakError, match="damaged"):
        unpack(stored.replace(b'"<f8"', b'"|O8"'))
