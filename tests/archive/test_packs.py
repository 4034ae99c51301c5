import pytest

from softbreak.archive.results import packs
from softbreak.archive.results.pack import PackWriter
from softbreak.archive.results.packs import BusyError, Lock, Readers, Shelf


def put(shelf, *keys, **extra):
    pack = shelf.new_pack()
    with PackWriter(pack) as writer:
        for key in keys:
            writer.put(key, {"meta.json": f'{{"format": 2, "of": "{pack.name}"}}'.encode()})
    return pack


def test_the_later_pack_counts(tmp_path):
    put(Shelf(tmp_path), "a", "b")
    newer = put(Shelf(tmp_path), "b")
    index = Shelf(tmp_path).index()
    assert index["b"].pack == newer
    assert index["a"].pack.name < newer.name
    with Readers() as readers:
        assert readers.meta(index["b"])["of"] == newer.name


def test_what_is_replaced_goes_and_the_rest_is_put_together(tmp_path, monkeypatch):
    monkeypatch.setattr(packs, "MOST_SMALL", 3)
    shelf = Shelf(tmp_path)
    put(shelf, "a")
    put(shelf, "a", "b")
    shelf.compact()
    assert len(list(tmp_path.iterdir())) == 1, "all of the first pack was replaced"
    for k in range(9):
        put(shelf, f"c{k}")
    before = {key: Readers().meta(stored) for key, stored in shelf.index().items()}
    shelf.compact()
    assert len(list(tmp_path.iterdir())) == 1
    assert {key: Readers().meta(stored) for key, stored in shelf.index().items()} == before


def test_a_damaged_pack_is_not_thrown_away(tmp_path):
    shelf = Shelf(tmp_path)
    bad = put(shelf, "a")
    bad.write_bytes(b"no zip")
    put(shelf, "a")
    shelf.compact()
    assert bad.exists()


def test_what_a_killed_run_left_half_written_is_removed(tmp_path):
    shelf = Shelf(tmp_path)
    pack = put(shelf, "a")
    half = PackWriter(shelf.new_pack())
    half.put("b", {"meta.json": b"{}"})
    assert len(list(tmp_path.iterdir())) == 2
    shelf.tidy()
    assert list(tmp_path.iterdir()) == [pack]
    half.drop()


def test_two_runs_never_write_into_one_folder(tmp_path):
    busy = pytest.raises(BusyError, match=r"process \d+ on .* is writing results there")
    with Lock(tmp_path), busy, Lock(tmp_path):
        pass
    with Lock(tmp_path):
        pass
