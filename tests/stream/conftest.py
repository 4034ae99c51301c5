"""Real servers, one of each for the session; they are never mocked."""

import uuid

import pytest

from tests.stream import servers


@pytest.fixture(autouse=True)
def breathless(monkeypatch):
    """Read a file as a whole as soon as it asks for it."""
    from softbreak.stream.sources import growing

    monkeypatch.setattr(growing, "_BREATH", 0.0)


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory):
    if servers.postgres_binaries() is None:
        pytest.skip("no PostgreSQL here: install the package 'postgresql' to test with it")
    with servers.postgres(tmp_path_factory.mktemp("postgres")) as url:
        yield url


@pytest.fixture
def database(postgres_url):
    """An empty PostgreSQL database."""
    import psycopg

    name = f"test_{uuid.uuid4().hex}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"create database {name}")
    return postgres_url.rsplit("/", 1)[0] + f"/{name}"


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request, tmp_path):
    if request.param == "sqlite":
        return str(tmp_path / "store.db")
    return request.getfixturevalue("database")


@pytest.fixture
def store(store_url):
    from softbreak.stream.store.store import Store

    opened = Store(store_url)
    yield opened
    opened.close()


@pytest.fixture
def redis_server(tmp_path):
    if servers.redis_binary() is None:
        pytest.skip("no Redis here: install the package 'redis-server' to test with it")
    server = servers.RedisServer(tmp_path).start()
    yield server
    server.kill()
