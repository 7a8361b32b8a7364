"""Serving an application on one address until somebody ends it."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable

import uvicorn
from fastapi import FastAPI

from mai.errors import MaiError
from mai.keepalive import KEEP_ALIVE_SECONDS


def run(
    make: Callable[[str], FastAPI], host: str, port: int, api_key: str | None, ready: Callable[[str], None]
) -> None:
    """Listen and serve.

    Args:
        make: makes the application for a host.
        ready: hears the address once requests are taken.

    Raises:
        MaiError: the address is taken, or open to others without a key.
    """
    if api_key is None and not _is_here(host):
        raise MaiError(f"others can reach {host} and would spend this wallet's money: add --api-key-file")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listening = socket.create_server((host, port), family=family)
    except OSError as error:
        raise MaiError(f"{host}:{port} cannot be listened on: {error.strerror}") from error
    shown = f"[{host}]" if ":" in host else host
    config = uvicorn.Config(
        make(host),
        log_level="warning",
        access_log=False,
        lifespan="off",
        ws="none",
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
    )
    ready(f"http://{shown}:{listening.getsockname()[1]}")
    uvicorn.Server(config).run(sockets=[listening])


def _is_here(host: str) -> bool:
    """Is it an address of this machine alone?"""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
