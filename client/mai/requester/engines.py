"""The wire to whoever answers: who an engine is, sealed offers, answers, disclosures (JSON-RPC 2.0 over HTTP)."""

from __future__ import annotations

import base64
import binascii
import itertools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import httpx
import platformdirs
import yaml
from solders.pubkey import Pubkey

from mai.chain.signer import Signer
from mai.engine.sealing import KEY_BYTES
from mai.engine.signing import cancel_bytes
from mai.errors import MaiError
from mai.requester.printable import printable

IDENTITY_PATH, RPC_PATH = "/v1/mai/identity", "/v1/mai/rpc"
TIMEOUT_SECONDS = 20.0
MOST_BYTES = 64 * 2**20
"""Of one answer: the longest that a trace can have, sealed and in base64, is below it."""
MOST_ENGINES, MOST_CONFIG_BYTES, MOST_WORDS = 64, 64 * 1024, 300
UNIX = "unix:"
CONFIG_FILE = Path(platformdirs.user_config_dir("mai")) / "engines.yml"


class EngineUnreachable(MaiError):
    """An engine does not answer, or not as one."""


class EngineRefused(MaiError):
    """An engine answered with an error of its own."""


@dataclass(frozen=True)
class Identity:
    """Who an engine says that it is.

    Attributes:
        sealing: its X25519 key, 32 bytes.
        signing: the Ed25519 key that signs its metadata.
        owner: the wallet that its work is paid to; None where it mines for nobody.
        models: what it serves.
    """

    sealing: bytes
    signing: Pubkey | None
    owner: Pubkey | None
    models: tuple[str, ...]


@dataclass(frozen=True)
class Reply:
    """What an engine says of a task's answer: its state, and the sealed answer once there is one."""

    state: str
    envelope: bytes | None


class Engine(Protocol):
    """What asking needs of an engine. Every method raises :class:`mai.errors.MaiError` in one sentence.

    Attributes:
        shown: its name for people.
    """

    shown: str

    def identity(self) -> Identity:
        """Who it is."""

    def offer(self, task: Pubkey, model: str, requester: Pubkey, envelope: bytes, limit: int) -> str | None:
        """Offer a sealed prompt; None if it was accepted, else the reason why not."""

    def answer(self, task: Pubkey) -> Reply:
        """The answer, as far as it is there."""

    def cancel(self, task: Pubkey, requester: Signer) -> None:
        """The answer is no longer wanted; its requester signs that."""

    def disclose(self, request: Mapping[str, Any]) -> bytes:
        """A sealed disclosure (:mod:`mai.requester.disclosure`)."""


class HttpEngine:
    """An :class:`Engine` at an HTTP address, or at a Unix socket (``unix:PATH``)."""

    def __init__(self, url: str, *, timeout: float = TIMEOUT_SECONDS) -> None:
        """Nothing is sent here.

        Raises:
            MaiError: the text is no such address.
        """
        transport = None
        if url.startswith(UNIX):
            transport, base = httpx.HTTPTransport(uds=url.removeprefix(UNIX)), "http://engine"
        elif url.startswith(("http://", "https://")):
            base = url.rstrip("/")
        else:
            raise MaiError(f"{url} is no engine: name an http:// or https:// address, or unix: and a socket")
        try:
            if not urlsplit(base).hostname:
                raise ValueError("it has no host")
            self._client = httpx.Client(base_url=base, transport=transport, timeout=timeout, trust_env=False)
        except (httpx.InvalidURL, ValueError) as error:
            raise MaiError(f"{url} is no engine's address: {error}") from error
        self.shown = url
        self._numbers = itertools.count(1)

    def identity(self) -> Identity:
        return _identity(self._ask("GET", IDENTITY_PATH), self.shown)

    def offer(self, task: Pubkey, model: str, requester: Pubkey, envelope: bytes, limit: int) -> str | None:
        asked = {
            "task": str(task), "model": model, "requester_key": str(requester), "envelope": _text(envelope),
            "max_tokens": limit,
        }  # fmt: skip
        found = self._call("mai_offer", asked)
        if not isinstance(found, Mapping) or not isinstance(found.get("accepted"), bool):
            raise EngineUnreachable(f"the engine {self.shown} does not say whether it takes the task")
        return None if found["accepted"] else _words(found.get("message") or found.get("reason")) or "no reason given"

    def answer(self, task: Pubkey) -> Reply:
        found = self._call("mai_answer", {"task": str(task)})
        if not isinstance(found, Mapping) or not isinstance(found.get("state"), str):
            raise EngineUnreachable(f"the engine {self.shown} does not say how far the task is")
        sealed = found.get("envelope")
        return Reply(_words(found["state"]), None if sealed is None else self._bytes(sealed))

    def cancel(self, task: Pubkey, requester: Signer) -> None:
        signature = requester.sign_message(cancel_bytes(str(task)))
        self._call("mai_cancel", {"task": str(task), "signature": str(signature)})

    def disclose(self, request: Mapping[str, Any]) -> bytes:
        found = self._call("mai_disclose", request)
        return self._bytes(found.get("envelope") if isinstance(found, Mapping) else None)

    def _call(self, method: str, parameters: Mapping[str, Any]) -> Any:
        body = {"jsonrpc": "2.0", "id": next(self._numbers), "method": method, "params": dict(parameters)}
        found = self._ask("POST", RPC_PATH, body)
        if isinstance(found, Mapping) and "result" in found:
            return found["result"]
        error = found.get("error") if isinstance(found, Mapping) else None
        if isinstance(error, Mapping):
            raise EngineRefused(f"the engine {self.shown} refuses: {_words(error.get('message'))}")
        raise EngineUnreachable(f"the engine {self.shown} does not speak JSON-RPC")

    def _ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """One request; its answer is read up to a limit, and redirects are not followed."""
        try:
            with self._client.stream(method, path, json=body) as response:
                raw = bytearray()
                for part in response.iter_bytes():
                    raw += part
                    if len(raw) > MOST_BYTES:
                        raise EngineUnreachable(f"the engine {self.shown} answers with more than {MOST_BYTES:,} bytes")
        except httpx.HTTPError as error:
            raise EngineUnreachable(f"the engine {self.shown} does not answer") from error
        try:
            return json.loads(bytes(raw))
        except ValueError:
            raise EngineUnreachable(
                f"the engine {self.shown} answers with status {response.status_code} and no JSON"
            ) from None

    def _bytes(self, text: object) -> bytes:
        try:
            if not isinstance(text, str):
                raise ValueError
            return base64.b64decode(text, validate=True)
        except (ValueError, binascii.Error):
            raise EngineUnreachable(f"the engine {self.shown} sends an envelope that is none") from None


def known_engines(named: Sequence[str], config: Path = CONFIG_FILE) -> list[Engine]:
    """The engines that somebody named, or those of the config file: a YAML list of addresses.

    Raises:
        MaiError: there is none, too many, one is no address, or the file is no list.
    """
    urls = list(dict.fromkeys(named)) or _configured(config)
    if not urls:
        raise MaiError(f"no engine is known: name one with --engine, or list some in {config}")
    if len(urls) > MOST_ENGINES:
        raise MaiError(f"{len(urls)} engines are named: at most {MOST_ENGINES} are asked")
    return [HttpEngine(url) for url in urls]


def _configured(config: Path) -> list[str]:
    if not config.exists():
        return []
    try:
        with config.open("rb") as file:
            raw = file.read(MOST_CONFIG_BYTES + 1)
        found = yaml.safe_load(raw) if len(raw) <= MOST_CONFIG_BYTES else None
    except (OSError, yaml.YAMLError, UnicodeDecodeError):
        found = None
    if not isinstance(found, list) or not all(isinstance(url, str) for url in found):
        raise MaiError(f"{config} is no list of engines: write one `- http://…` a line")
    return list(dict.fromkeys(found))


def _identity(found: Any, shown: str) -> Identity:
    try:
        sealing, models = found["hpke_public_key"], found.get("models") or ()
        if sealing is None:
            raise EngineRefused(f"the engine {shown} takes no sealed prompts")
        names = tuple(str(item["name"]) for item in models)
        return Identity(_key(sealing), _address(found.get("signing_key")), _address(found.get("owner")), names)
    except (KeyError, TypeError, ValueError, AttributeError):
        raise EngineUnreachable(f"the engine {shown} does not say who it is in a way that can be read") from None


def _key(text: str) -> bytes:
    """A public key in hexadecimal or base64."""
    found = bytes.fromhex(text) if len(text) == 2 * KEY_BYTES else base64.b64decode(text, validate=True)
    if len(found) != KEY_BYTES:
        raise ValueError
    return found


def _address(text: Any) -> Pubkey | None:
    return Pubkey.from_string(text) if text else None


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _words(text: object) -> str:
    """Somebody else's words, short and on one line."""
    return printable(" ".join(str(text or "").split())[:MOST_WORDS])
