"""The programs: that what runs on chain is what this package knows, and that nobody can replace it."""

from __future__ import annotations

import hashlib

from solders.pubkey import Pubkey

from mai.audit.check import Book, check
from mai.audit.source import Source
from mai.chain import artifacts
from mai.chain.loader import Deployed, deployed

VERIFIERS = ("verifier", "traces")
"""The verifier's place takes either: the one without traces, or the one with them."""


class _Reader:
    """A source as the loader's reader wants it."""

    def __init__(self, source: Source) -> None:
        self.account = source.account


@check(
    "programs",
    proves=(
        "the policy program and the verifier on chain are byte for byte the built ones, and nobody can "
        "replace a network's that opened as final"
    ),
    trusts="the built programs in this package (they are reproducible from the sources)",
)
def programs(book: Book) -> None:
    audit = book.audit

    def one(name: str, address: Pubkey, builds: tuple[str, ...], final: bool) -> None:
        book.count()
        found = deployed(_Reader(audit.source), address)  # type: ignore[arg-type]
        if found is None:
            book.find("program missing", f"{name} {address}", "no program", "deployed")
            return
        if not any(found.runs(artifacts.shared_object(build)) for build in builds):
            book.find("wrong program bytes", f"{name} {address}", _digest(found), _digest_of(builds[0]))
        if found.authority is not None and final:
            book.find("program can be replaced", f"{name} {address}", f"by {found.authority}", "by nobody")
        elif found.authority is not None:
            book.notice("program can be replaced", f"{name} {address}", f"by {found.authority}")

    @book.at_end
    def end() -> None:
        config = audit.kept(audit.single("config"))
        final = bool(config and config["immutable"])
        one("mai", audit.program, ("mai",), final)
        verifier = config["verifier"] if config else audit.verifier
        one("verifier", verifier, VERIFIERS, final)


def _digest(found: Deployed) -> str:
    return f"sha256 {hashlib.sha256(found.code.rstrip(bytes(1))).hexdigest()[:16]}…"


def _digest_of(build: str) -> str:
    return f"sha256 {hashlib.sha256(artifacts.shared_object(build).read_bytes().rstrip(bytes(1))).hexdigest()[:16]}…"
