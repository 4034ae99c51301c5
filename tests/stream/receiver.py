"""A web hook that keeps what it is sent, and can refuse or be slow."""

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Receiver:
    def __init__(self):
        self.got = []
        self.refuse = 0


@contextmanager
def receiving():
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if receiver.refuse:
                receiver.refuse -= 1
                self.send_response(503)
            else:
                receiver.got.append((self.headers.get("Idempotency-Key"), body))
                self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    receiver.address = f"http://127.0.0.1:{server.server_port}/hook"
    receiver.url = f"post+{receiver.address}"
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
