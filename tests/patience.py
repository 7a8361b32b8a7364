"""How long tests wait for what has to come: so long that only what hangs takes longer, however busy the machine is."""

from __future__ import annotations

import functools

import httpx

WAIT_SECONDS = 120.0
get = functools.partial(httpx.get, timeout=WAIT_SECONDS)
post = functools.partial(httpx.post, timeout=WAIT_SECONDS)
