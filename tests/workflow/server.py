"""A loopback HTTP server: serves bytes by their path, in parts if asked, and misbehaves as it is told."""

import contextlib
import itertools
import re
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

LIMIT = 60  # seconds, against hanging
TAKEN: list[socket.socket] = []


@dataclass(frozen=True)
class Fault:
    """How one answer departs from a good one."""

    status: int | None = None  # this error instead of the content
    cut: int | None = None  # so many bytes are sent, then the connection is closed
    announce: int | None = None  # a length other than the content's
    ranges: bool = True  # whether a request for a part gets that part
    hold: threading.Event | None = None  # what to wait for before the connection is closed


class Server:
    """What is served (`files`, by path), how it is to go wrong, and what was asked for.

    `faults` has per path the faults of the answers to come; after the last one all goes well.
    """

    def __init__(self, port: int) -> None:
        self.address = f"http://127.0.0.1:{port}"
        self.files: dict[str, bytes] = {}
        self.faults: dict[str, Iterator[Fault]] = {}
        self.asked: list[tuple[str, str | None]] = []

    def fail(self, path: str, *faults: Fault) -> None:
        """Answer so in turn when `path` is asked for."""
        self.faults[path] = iter(faults)

    def always(self, path: str, fault: Fault) -> None:
        """Answer so whenever `path` is asked for."""
        self.faults[path] = itertools.repeat(fault)

    def ranges(self, path: str) -> list[str | None]:
        """The Range header of each request for `path`."""
        return [asked for name, asked in self.asked if name == path]


class Handler(BaseHTTPRequestHandler):
    """Answers as `self.server.told`, a Server, says."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        """Answer one request, with its fault."""
        server, asked = self.server.told, self.headers.get("Range")
        server.asked.append((self.path, asked))
        fault = next(server.faults.get(self.path, iter(())), Fault())
        content = server.files.get(self.path)
        start = int(re.fullmatch(r"bytes=(\d+)-", asked)[1]) if asked and fault.ranges else 0
        if fault.status or content is None:
            self.send_error(fault.status or 404)
        elif start >= len(content) > 0:
            self.send_error(416)
        else:
            self.send(content, start, fault)

    def send(self, content: bytes, start: int, fault: Fault) -> None:
        """The content from `start`, as far as the fault lets it."""
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(fault.announce or len(content) - start))
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.end_headers()
        with contextlib.suppress(ConnectionError):  # the client may have been killed
            self.wfile.write(content[start:][: fault.cut])
            self.wfile.flush()
        if fault.hold:
            fault.hold.wait(LIMIT)


@contextlib.contextmanager
def served() -> Iterator[Server]:
    """A server on a free port, in a thread."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        http.told = server = Server(http.server_port)
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield server
        finally:
            http.shutdown()
            thread.join()


def dead_address() -> str:
    """An address at which nobody listens, or will: the port stays taken until the tests end."""
    taken = socket.socket()
    taken.bind(("127.0.0.1", 0))
    TAKEN.append(taken)
    return f"http://127.0.0.1:{taken.getsockname()[1]}"
