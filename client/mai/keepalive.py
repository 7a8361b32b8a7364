"""How long servers keep connections that idle."""

from __future__ import annotations

KEEP_ALIVE_SECONDS = 75
"""Far longer than clients reuse one (httpx: five seconds): else they send into connections that are being closed."""
