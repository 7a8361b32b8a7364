"""How long servers keep connections that idle."""

from __future__ import annotations

KEEP_ALIVE_SECONDS = 75
"""Far longer than clients reuse one (httpx 5 s, web3.js 19 s): else they send into one that is being closed."""
