"""A small engine over real HTTP: identity, offers, answers and disclosures, as `mai engine serve` speaks them."""

from __future__ import annotations

import base64
import copy
import json
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from mai.engine.identity import sign_identity
from mai.engine.protocol import Metadata
from mai.engine.salted import Salted
from mai.engine.sealing import Secret, answer_info, prompt_info, seal
from mai.engine.signing import sign, tokens_hash
from mai.errors import MaiError
from mai.requester.engines import HttpEngine
from mai_zk.trace import Position
from serving import Serving
from solders.keypair import Keypair
from solders.pubkey import Pubkey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route


@dataclass
class Held:
    """A prompt that was taken, and the answer once there is one."""

    prompt: Salted
    model: str
    reply_key: bytes
    disclose: bool
    answer: dict[str, Any] | None = None
    positions: Sequence[Position] = ()


def stated(key: bytes, owner: Keypair) -> dict[str, Any]:
    """The owner's word for an engine's key."""
    return sign_identity(key, bytes(owner.pubkey()), bytes(32), lambda text: bytes(owner.sign_message(text))).json()


class Peer:
    """One engine.

    Attributes:
        offers: what it holds, by task.
        refuses: the reason why it takes nothing; None: it takes everything.
        tamper: changes an answer's fields before they are sealed.
        disclosing: answers a disclosure's request with sealed bytes; None: it discloses nothing.
    """

    def __init__(self, owner: Keypair, models: Sequence[str]) -> None:
        self.owner, self.models = owner, list(models)
        self.key = Secret.new()
        self.statement = stated(self.key.public, owner)
        self.offers: dict[Pubkey, Held] = {}
        self.refuses: str | None = None
        self.tamper: Callable[[dict[str, Any]], None] = lambda fields: None
        self.disclosing: Callable[[Pubkey, Held, dict[str, Any]], bytes] | None = None
        self.asked: list[str] = []
        routes = [Route("/v1/mai/identity", self._identity), Route("/v1/mai/rpc", self._rpc, methods=["POST"])]
        listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        self.stop = Serving(Starlette(routes=routes), listening).stop

    def engine(self) -> HttpEngine:
        return HttpEngine(self.url)

    def deliver(self, task: Pubkey, answer: Salted, positions: Sequence[Position] = ()) -> None:
        """The answer of a task, with its signed record."""
        held = self.offers[task]
        metadata = Metadata(
            request="one", task=str(task), model=self.models[0], weights="", backend="provable", device="cpu",
            prompt_tokens=len(held.prompt.tokens), generated_tokens=len(answer.tokens), started_us=0,
            ended_us=1_000_000, load_us=0, microseconds=1_000_000, gpu_permille=-1, peak_ram_bytes=1, output_hash="",
            tokens_hash=tokens_hash(answer.tokens), finish="stop", seed=0, attempts=1,
        )  # fmt: skip
        signer, signature = sign(metadata, self.owner)
        record = {"metadata": metadata.plain(), "signer": signer, "signature": signature}
        held.answer = {**answer.fields(), "text": "", "record": record}
        held.positions = positions

    async def _identity(self, _: Request) -> Response:
        return JSONResponse(
            {
                "hpke_public_key": self.key.public.hex(),
                "signing_key": str(self.owner.pubkey()),
                "owner": str(self.owner.pubkey()),
                "statement": self.statement,
                "device": "a rig",
                "models": [{"name": name} for name in self.models],
            }
        )

    async def _rpc(self, request: Request) -> Response:
        asked = await request.json()
        self.asked.append(asked["method"])
        answer: dict[str, Any] = {"jsonrpc": "2.0", "id": asked["id"]}
        try:
            answer["result"] = getattr(self, asked["method"])(**asked["params"])
        except MaiError as error:
            answer["error"] = {"code": -32000, "message": str(error)}
        return JSONResponse(answer)

    def mai_offer(self, task: str, model: str, requester_key: str, envelope: str, max_tokens: int) -> dict[str, Any]:
        if self.refuses is not None:
            return {"accepted": False, "reason": "offer_refused", "message": self.refuses}
        address = Pubkey.from_string(task)
        info = prompt_info(bytes(address), model)
        plain = json.loads(self.key.open(info, base64.b64decode(envelope)).reveal())
        held = Held(Salted.read(plain, "the prompt"), model, bytes.fromhex(plain["reply_key"]), plain["disclose"])
        self.offers.setdefault(address, held)
        return {"accepted": True, "reason": None}

    def mai_answer(self, task: str) -> dict[str, Any]:
        held = self.offers.get(Pubkey.from_string(task))
        if held is None or held.answer is None:
            return {"state": "running" if held else "unknown", "envelope": None}
        fields = copy.deepcopy(held.answer)
        self.tamper(fields)
        info = answer_info(bytes(Pubkey.from_string(task)), held.model)
        sealed = seal(held.reply_key, info, json.dumps(fields).encode())
        return {"state": "done", "envelope": base64.b64encode(sealed).decode()}

    def mai_cancel(self, task: str, signature: str) -> dict[str, Any]:
        self.offers.pop(Pubkey.from_string(task), None)
        return {"cancelled": True}

    def mai_disclose(self, **request: Any) -> dict[str, Any]:
        held = self.offers.get(Pubkey.from_string(request["task"]))
        if held is None or self.disclosing is None:
            raise MaiError("this engine discloses nothing of that task")
        sealed = self.disclosing(Pubkey.from_string(request["task"]), held, request)
        return {"envelope": base64.b64encode(sealed).decode()}
