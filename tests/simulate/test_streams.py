"""Counter-based random numbers."""

from __future__ import annotations

import numpy as np

from softbreak.simulate.streams import draw_normal, draw_uniform, normals, philox


def test_philox_gives_the_published_answers():
    # known answers of the Random123 library for philox4x32 with 10 rounds
    top = 0xFFFFFFFF
    assert [int(w) for w in philox(0, 0, 0, 0, 0, 0)] == [
        0x6627E8D5,
        0xE169C58D,
        0xBC57AC4C,
        0x9B00DBD8,
    ]
    assert [int(w) for w in philox(top, top, top, top, top, top)] == [
        0x408F276D,
        0x41C83B0E,
        0xA20BC7C6,
        0x6D5451FD,
    ]
    pi = (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344, 0xA4093822, 0x299F31D0)
    assert [int(w) for w in philox(*pi)] == [0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1]


def test_a_cells_numbers_do_not_depend_on_its_batch():
    cells = np.arange(1000, dtype=np.int64)
    together = draw_uniform(7, cells, "sigma")
    assert draw_uniform(7, cells[[613]], "sigma")[0] == together[613]
    assert np.array_equal(draw_uniform(7, cells[::-1].copy(), "sigma")[::-1], together)


def test_seeds_cells_and_names_all_matter():
    cells = np.arange(4, dtype=np.int64)
    base = draw_uniform(7, cells, "sigma")
    assert np.unique(base).size == 4
    assert not np.isin(draw_uniform(8, cells, "sigma"), base).any()
    assert not np.isin(draw_uniform(7, cells, "area"), base).any()


def test_numbers_are_distributed_as_they_say():
    cells = np.arange(20_000, dtype=np.int64)
    u, z = draw_uniform(1, cells, "a"), draw_normal(1, cells, "b")
    # standard errors at n = 20,000: mean of u 0.002, mean of z 0.007, sd of z 0.005
    assert u.min() > 0.0 and u.max() < 1.0
    assert abs(u.mean() - 0.5) < 0.008
    assert abs(z.mean()) < 0.028
    assert abs(z.std() - 1.0) < 0.02
    pairs = np.array([normals(1, 5, 1, k)[:2] for k in range(4000)])
    assert abs(np.corrcoef(pairs.T)[0, 1]) < 0.064
