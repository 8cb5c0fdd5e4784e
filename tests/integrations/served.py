"""A contract of a vendor, served on a free port of this machine: for what makes its own HTTP client."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opsbook.sdk.http import Answer, Sent


@contextmanager
def served(contract: Callable[[Sent], Answer]) -> Iterator[str]:
    """The address of a server that answers as the contract does."""

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {name.lower(): text for name, text in self.headers.items()}
            answer = contract(Sent(self.command, f"http://localhost{self.path}", headers, body))
            self.send_response(answer.status)
            for name, text in {**answer.headers, "content-length": str(len(answer.body))}.items():
                self.send_header(name, text)
            self.end_headers()
            with suppress(ConnectionError):  # who asked may have been killed
                self.wfile.write(answer.body)

        do_GET = do_POST = _answer  # noqa: N815 the server's names for it

        def log_message(self, *args: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()
