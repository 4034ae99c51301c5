"""Listen at an address and serve the page until it is stopped."""

from __future__ import annotations

import socket
import threading
from typing import Any

import uvicorn

from softbreak.boundary import Boundary
from softbreak.errors import SoftbreakError
from softbreak.web.cells import Live, Results
from softbreak.web.dropped import Judge
from softbreak.web.pages import application
from softbreak.web.safety import Door, door_of


class Server:
    """The page on a port.

    Parameters
    ----------
    cells : Results or Live
    host : str
    port : int
        0 takes a free one.
    token : str
        Needed where others can reach the address.
    names : tuple of str
        Further names by which people call this machine.

    Raises
    ------
    SoftbreakError
        If the address is taken, or open to others without a token.
    """

    def __init__(
        self,
        cells: Results | Live,
        host: str = "127.0.0.1",
        port: int = 8765,
        *,
        token: str = "",
        names: tuple[str, ...] = (),
    ) -> None:
        door_of(host, port, token, names)  # before anything listens
        self._socket = _listening(host, port)
        self.host, self.port = host, int(self._socket.getsockname()[1])
        self.door: Door = door_of(host, self.port, token, names)
        self._cells, self._judge = cells, Judge()
        config: Any = uvicorn.Config(
            application(cells, self.door, self._judge, lambda: self._server.should_exit),
            log_level="warning",
            access_log=False,
            lifespan="off",
            timeout_keep_alive=20,
            timeout_graceful_shutdown=2,
            limit_concurrency=256,
            server_header=False,
        )
        self._server = uvicorn.Server(config)

    @property
    def address(self) -> str:
        """Where a browser finds the page."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}/"

    def run(self) -> None:
        """Serve until somebody interrupts."""
        threading.Thread(target=self._warm, daemon=True, name="softbreak-page").start()
        try:
            self._server.run(sockets=[self._socket])
        finally:
            self._judge.close()

    def _warm(self) -> None:
        with Boundary("the first page"):  # whoever asks for it is told what is wrong
            self._cells.warm()
        self._judge.warm()

    def start(self) -> threading.Thread:
        """Serve in a thread of its own."""
        thread = threading.Thread(target=self.run, daemon=True)
        thread.start()
        return thread

    def close(self, thread: threading.Thread) -> None:
        """Stop what :meth:`start` began."""
        self._server.should_exit = True
        thread.join(10.0)
        self._socket.close()


def _listening(host: str, port: int) -> socket.socket:
    made = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((host, port))
        made.listen(128)
    except OSError as error:
        made.close()
        told = error.strerror or str(error)
        raise SoftbreakError(f"cannot listen on {host}:{port}: {told}") from error
    return made
