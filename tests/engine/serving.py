"""`python serving.py FOLDER`: an engine with a scripted model and test envelopes behind a port, until it is killed.

MAI_GATE: a folder; token 2 waits until the file "2" is there. MAI_HELD: accepted tasks wait for the owner's word.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path

from engine.helpers import PLAIN, SIGNER, SharedKeyEnvelopes, limits, scripted
from mai.engine.api.http import Access
from mai.engine.engine import Engine
from mai.engine.server import listen, serve

TOKEN = "the owner's own token"


async def main() -> None:
    """Serve."""
    listening = listen("127.0.0.1", 0)
    spec = scripted(gate=Path(os.environ["MAI_GATE"]), gates=[2])
    engine = Engine(
        Path(sys.argv[1]), [spec], PLAIN, signer=SIGNER, envelopes=SharedKeyEnvelopes(), limits=limits(),
        held=bool(os.environ.get("MAI_HELD")),
    )  # fmt: skip

    def ready() -> None:
        print(json.dumps({"url": f"http://127.0.0.1:{listening.getsockname()[1]}"}), flush=True)

    await serve(engine, listening, Access(TOKEN), ready=ready)


if __name__ == "__main__":
    asyncio.run(main())
