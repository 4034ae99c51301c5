"""Archives in object storage, on a local server that speaks S3."""

import boto3
import pytest
from distributed import LocalCluster
from moto.server import ThreadedMotoServer

from softbreak.archive.convert import convert_archive
from softbreak.archive.inputs.storage import Bucket, storage_of
from softbreak.archive.triage import triage
from softbreak.errors import ReadError, SoftbreakError
from tests.archive.files import write_cell


@pytest.fixture(scope="module")
def server():
    made = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    made.start()
    yield "http://{}:{}".format(*made.get_host_and_port())
    made.stop()


@pytest.fixture
def bucket(server, monkeypatch, tmp_path):
    settings = {
        "AWS_ENDPOINT_URL": server,
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    storage_of.cache_clear()
    client = boto3.client("s3")
    name = tmp_path.name.replace("_", "-")[:60].strip("-")
    client.create_bucket(Bucket=name)

    def put(path, content):
        client.put_object(Bucket=name, Key=f"group/{path}", Body=content)

    put.url = f"s3://{name}/group"
    yield put
    client.close()


@pytest.fixture
def archive(bucket, tmp_path):
    root = tmp_path / "archive"
    for k in range(3):
        write_cell(root / f"cell{k}.csv", ohm=300.0 + 20 * k)
    write_cell(root / "many" / "1.csv")
    (root / "many" / "broken.mpr").write_bytes(b"BIO-LOGIC MODULAR FILE\x1a")
    (root / "many" / ".hidden").write_text("x")
    (root / "poster.pdf").write_text("x")
    (root / "cells.csv").write_text("cell_id,area_cm2\ncell1,0.785\n")
    for path in root.rglob("*"):
        if path.is_file():
            bucket(path.relative_to(root).as_posix(), path.read_bytes())
    return root


@pytest.mark.parametrize("workers", [0, 1])
def test_a_bucket_gets_the_verdicts_of_a_folder(archive, bucket, tmp_path, workers):
    here = triage(archive, tmp_path / "here", workers=0)
    there = triage(bucket.url, tmp_path / "there", workers=workers)
    for name in ("verdicts", "cells", "failures"):
        one, other = (tmp_path / place / f"{name}.parquet" for place in ("here", "there"))
        assert one.read_bytes() == other.read_bytes(), name
    skipped = [sorted(row["path"] for row in r.run["skipped"]) for r in (here, there)]
    assert skipped == [["many/.hidden", "poster.pdf"]] * 2
    assert there.run["arguments"]["archive"] == bucket.url


def test_a_cluster_reads_a_bucket(archive, bucket, tmp_path):
    here = triage(archive, tmp_path / "here", workers=0)
    with LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=":0") as cluster:
        there = triage(bucket.url, tmp_path / "there", workers=cluster.scheduler_address)
    for name in ("verdicts", "cells", "failures"):
        one, other = (tmp_path / place / f"{name}.parquet" for place in ("here", "there"))
        assert one.read_bytes() == other.read_bytes(), name
    assert there.run["counts"]["cells"] == here.run["counts"]["cells"] == 4


def test_only_what_changed_is_read_again(archive, bucket, tmp_path):
    triage(bucket.url, tmp_path / "out", workers=0)
    again = triage(bucket.url, tmp_path / "out", workers=0)
    assert again.run["counts"]["cells_not_done_again"] == 4
    bucket("cell2.csv", write_cell(tmp_path / "new.csv", ohm=123.0).read_bytes())
    again = triage(bucket.url, tmp_path / "out", workers=0)
    assert again.run["counts"]["cells_not_done_again"] == 3


def test_a_bucket_can_be_converted(archive, bucket, tmp_path):
    made = convert_archive(bucket.url, tmp_path / "bdf", workers=0)
    assert list(made.tables["source"]) == ["cell0.csv", "cell1.csv", "cell2.csv", "many/1.csv"]
    assert list(made.failures["path"]) == ["many/broken.mpr"]


def test_a_bucket_that_is_not_there(bucket, tmp_path):
    with pytest.raises(ReadError):
        triage("s3://no-such-bucket-at-all/x", tmp_path / "out")
    with pytest.raises(SoftbreakError, match="fsspec"):
        Bucket("nonsense://x")
