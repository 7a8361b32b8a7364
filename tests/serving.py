"""An application behind a socket, on a thread of the test."""

from __future__ import annotations

import socket
import threading
from typing import Any

import uvicorn
from mai.keepalive import KEEP_ALIVE_SECONDS


class Serving:
    """Serves from the beginning until :meth:`stop`; what connects before the thread is ready waits in the socket."""

    def __init__(self, app: Any, listening: socket.socket) -> None:
        config = uvicorn.Config(app, log_level="critical", lifespan="off", ws="none",
                                timeout_keep_alive=KEEP_ALIVE_SECONDS, timeout_graceful_shutdown=1)  # fmt: skip
        self._server, self._listening = uvicorn.Server(config), listening
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [listening]}, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End it; nobody can connect afterwards."""
        self._server.should_exit = True
        self._thread.join()
        self._listening.close()
