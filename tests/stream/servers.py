"""Private Redis and PostgreSQL servers, started from the system's binaries and ended with them."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def redis_binary():
    return shutil.which("redis-server")


def postgres_binaries():
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    if found:
        return found[-1].parent
    other = shutil.which("postgres")
    return Path(other).resolve().parent if other else None


class RedisServer:
    """A Redis that can be killed and started again on the same data."""

    def __init__(self, folder):
        self.folder, self.port = Path(folder), free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.process = None

    def start(self):
        import redis

        self.process = subprocess.Popen(
            [
                redis_binary(),
                *("--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.folder)),
                *("--appendonly", "yes", "--appendfsync", "always", "--save", ""),
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        client = redis.Redis.from_url(self.url)
        _until(client.ping, redis.exceptions.RedisError)
        client.close()
        return self

    def kill(self):
        self.process.kill()
        self.process.wait()


def _until(ready, *errors, second=30.0):
    deadline = time.monotonic() + second
    while True:
        try:
            return ready()
        except errors:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)


@contextmanager
def postgres(folder):
    """Yield the URL of a PostgreSQL server's maintenance database."""
    import psycopg

    binaries, port, folder = postgres_binaries(), free_port(), Path(folder)
    data = folder / "data"
    user = _plain_user()
    if user:
        for above in (folder, *folder.parents):  # it must be able to come there
            if above.stat().st_uid == 0 and above != Path("/"):
                above.chmod(above.stat().st_mode | 0o011)
        shutil.chown(folder, user)
    # no guarantee against a power cut is needed here, and the tests are quicker without
    options = ["-c", "fsync=off", "-c", f"unix_socket_directories={folder}"]
    start = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "user": user}
    environment = {**os.environ, "LC_ALL": "C"}
    subprocess.run(
        [binaries / "initdb", "-D", data, "-U", "softbreak", "-A", "trust", "-E", "UTF8", "-N"],
        check=True,
        cwd=folder,
        env=environment,
        **start,
    )
    server = subprocess.Popen(
        [binaries / "postgres", "-D", data, "-p", str(port), "-h", "127.0.0.1", *options],
        cwd=folder,
        env=environment,
        **start,
    )
    try:
        url = f"postgresql://softbreak@127.0.0.1:{port}/postgres"
        _until(lambda: psycopg.connect(url).close(), psycopg.OperationalError)
        yield url
    finally:
        server.send_signal(signal.SIGINT)
        server.wait()


def _plain_user():
    """PostgreSQL refuses to run as root: somebody else must."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"
