"""New events as they come: a WebSocket says that something happened, the signatures say what, so nothing is missed.

A notification may be lost, come twice, or be undone by a fork; it only wakes the reader, who always asks for the
signatures behind the last one that it has seen. Where the node has no WebSocket, the clock wakes it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

from solders.pubkey import Pubkey
from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

POLL_S = 2.0
"""How often it is asked without a WebSocket, and at the latest with one."""
CONNECT_S = 5.0
"""How long a node may take to accept a connection, and then a subscription, before it is polled instead."""
LARGEST_MESSAGE = 4 * 1024 * 1024
RECONNECT_AFTER = 15
"""Rounds of polling between two attempts to connect again."""


class Wake:
    """Waits until something may have happened.

    Attributes:
        by: ``websocket`` or ``polling``: what wakes at present.
    """

    def __init__(self, websocket: str, program: Pubkey, *, poll_s: float = POLL_S) -> None:
        self._url, self._program, self._poll_s = websocket, program, poll_s
        self._socket: ClientConnection | None = None
        self._rounds = 0
        self.by = "polling"

    def rounds(self) -> Iterator[str]:
        """Yields once at the start, then each time that it is worth looking: by what it was woken."""
        self._connect()
        self._rounds = 1
        yield "start"
        while True:
            yield self._wait()

    def _wait(self) -> str:
        if self._socket is None and self._rounds % RECONNECT_AFTER == 0:
            self._connect()
        self._rounds += 1
        socket = self._socket
        try:
            if socket is None:
                raise OSError
            socket.recv(timeout=self._poll_s)
            return self.by
        except TimeoutError:
            return "clock"  # a notification may be lost: look all the same
        except (OSError, WebSocketException):
            self.close()
            self.by = "polling"
            time.sleep(self._poll_s)
            return self.by

    def _connect(self) -> None:
        try:
            self._socket = connect(self._url, open_timeout=CONNECT_S, max_size=LARGEST_MESSAGE)
            asked = {"mentions": [str(self._program)]}
            request = {
                "jsonrpc": "2.0",
                "id": 1,
                "method": "logsSubscribe",
                "params": [asked, {"commitment": "confirmed"}],
            }
            self._socket.send(json.dumps(request))
            answer = json.loads(self._socket.recv(timeout=CONNECT_S))
            if "result" not in answer:
                raise OSError
            self.by = "websocket"
        except (OSError, WebSocketException, TimeoutError, ValueError):
            self.close()

    def close(self) -> None:
        """End the subscription."""
        if self._socket is not None:
            self._socket.close()
        self._socket = None
