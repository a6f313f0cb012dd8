"""A TCP proxy that loses the answer to a request: the server has done it, and the client can't know."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress


class LostAnswer:
    """Passes the first connection's request on and closes it when the answer comes; passes all others through."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self.lost = 0
        self._threads: list[threading.Thread] = []
        self._accepting = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self) -> LostAnswer:
        self._accepting.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._accepting.join()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            server = socket.create_connection(self._target)
            loses = not self._threads
            for source, to, cuts in ((client, server, False), (server, client, loses)):
                thread = threading.Thread(target=self._pump, args=(source, to, cuts), daemon=True)
                self._threads.append(thread)
                thread.start()

    def _pump(self, source: socket.socket, to: socket.socket, cuts: bool) -> None:
        with source, to, suppress(OSError):  # whichever end closes first
            while data := source.recv(65_536):
                if cuts:
                    self.lost += 1
                    to.shutdown(socket.SHUT_RDWR)
                    return
                to.sendall(data)
