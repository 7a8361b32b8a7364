"""What the tests do to a cluster through its plain API: requests, transfers, tokens."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Sequence
from typing import Any

import httpx
from mai.localnet.addresses import TOKEN
from solders.hash import Hash
from solders.instruction import Instruction
from solders.keypair import Keypair
from solders.message import Message
from solders.pubkey import Pubkey
from solders.system_program import CreateAccountParams, TransferParams, create_account, transfer
from solders.transaction import Transaction
from spl.token import instructions as spl

WAIT_SECONDS = 240
SOL = 10**9


class Api:
    """Plain JSON-RPC."""

    def __init__(self, url: str) -> None:
        self._client = httpx.Client(base_url=url, timeout=60)

    def ask(self, method: str, *params: Any) -> dict[str, Any]:
        """The whole answer."""
        request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}
        return dict(self._client.post("/", json=request).json())

    def get(self, method: str, *params: Any) -> Any:
        """The result; an error fails the test."""
        answer = self.ask(method, *params)
        assert "error" not in answer, answer
        return answer["result"]

    def code(self, method: str, *params: Any) -> int:
        """The error's code; a result fails the test."""
        answer = self.ask(method, *params)
        assert "error" in answer, answer
        return int(answer["error"]["code"])

    def post(self, body: bytes, **headers: str) -> httpx.Response:
        """A request as it comes."""
        return self._client.post("/", content=body, headers={"content-type": "application/json", **headers})

    def until(self, found: Callable[[], Any]) -> Any:
        """Wait until a condition holds; its value."""
        deadline = time.monotonic() + WAIT_SECONDS
        while not (value := found()):
            assert time.monotonic() < deadline, "the condition never held"
            time.sleep(0.05)
        return value

    def confirm(self, signature: str, level: str = "confirmed") -> dict[str, Any]:
        """Wait for a transaction's commitment; its status."""
        wanted = ("confirmed", "finalized") if level == "confirmed" else (level,)

        def reached() -> Any:
            status = self.get("getSignatureStatuses", [signature])["value"][0]
            return status if status and status["confirmationStatus"] in wanted else None

        return dict(self.until(reached))

    def blockhash(self) -> Hash:
        """A recent blockhash."""
        return Hash.from_string(self.get("getLatestBlockhash", {"commitment": "confirmed"})["value"]["blockhash"])

    def fund(self, sol: int = 10) -> Keypair:
        """A new wallet with lamports."""
        key = Keypair()
        self.confirm(self.get("requestAirdrop", str(key.pubkey()), sol * SOL))
        return key

    def send(self, instructions: Sequence[Instruction], *signers: Keypair, **options: Any) -> str:
        """Send; the signature."""
        signed = sign(instructions, signers, self.blockhash())
        return str(self.get("sendTransaction", encoded(signed), {"encoding": "base64", **CONFIRMED, **options}))


CONFIRMED = {"preflightCommitment": "confirmed"}


def sign(instructions: Sequence[Instruction], signers: Sequence[Keypair], blockhash: Hash) -> Transaction:
    """A signed transaction; the first signer pays."""
    message = Message.new_with_blockhash(list(instructions), signers[0].pubkey(), blockhash)
    return Transaction(list(signers), message, blockhash)


def encoded(transaction: Transaction) -> str:
    """As it goes into a request."""
    return base64.b64encode(bytes(transaction)).decode()


def pay(source: Keypair, to: Pubkey, lamports: int) -> Instruction:
    """A transfer."""
    return transfer(TransferParams(from_pubkey=source.pubkey(), to_pubkey=to, lamports=lamports))


def make_token(api: Api, payer: Keypair, *, decimals: int = 6, units: int = 5_000_000) -> tuple[Pubkey, Pubkey]:
    """(a mint, the payer's token account with some units of it, half of them delegated to the payer)."""
    mint, owner = Keypair(), payer.pubkey()
    rent = api.get("getMinimumBalanceForRentExemption", 82)
    account = spl.get_associated_token_address(owner, mint.pubkey())
    place = CreateAccountParams(from_pubkey=owner, to_pubkey=mint.pubkey(), lamports=rent, space=82, owner=TOKEN)
    begin = spl.InitializeMintParams(
        decimals=decimals, program_id=TOKEN, mint=mint.pubkey(), mint_authority=owner, freeze_authority=owner
    )
    give = spl.MintToParams(program_id=TOKEN, mint=mint.pubkey(), dest=account, mint_authority=owner, amount=units)
    allow = spl.ApproveParams(program_id=TOKEN, source=account, delegate=owner, owner=owner, amount=units // 2)
    instructions = [
        create_account(place),
        spl.initialize_mint(begin),
        spl.create_associated_token_account(owner, owner, mint.pubkey()),
        spl.mint_to(give),
        spl.approve(allow),
    ]
    api.confirm(api.send(instructions, payer, mint))
    return mint.pubkey(), account
