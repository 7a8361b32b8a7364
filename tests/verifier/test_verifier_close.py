"""`close`: unsealed keys, proofs and unconsumed receipts, by their authority."""

import pytest
from solders.pubkey import Pubkey
from verifier.chain import (
    RECEIPT,
    Chain,
    discriminator,
    instruction,
    ix_close,
    ix_create_proof,
    key_address,
    key_header,
    proof_address,
    unused,
)
from verifier.circuit import Circuit

HASH = bytes(32)


def receipt_data(claimer: Pubkey, consumed: int = 0) -> bytes:
    fields = [bytes([n]) * 32 for n in range(1, 9)]
    return RECEIPT.pack(discriminator("account", "Receipt"), bytes(32), bytes(claimer), *fields, 5, consumed, 255, b"")


def _key(chain: Chain) -> Pubkey:
    me = chain.payer.pubkey()
    address, bump = key_address(me, HASH)
    return chain.put(address, key_header(me, HASH, 50, bump) + bytes(50))


def _proof(chain: Chain) -> Pubkey:
    return chain.put_proof(bytes(50))


def _receipt(chain: Chain) -> Pubkey:
    return chain.put(unused(), receipt_data(chain.payer.pubkey()))


@pytest.mark.parametrize("make", [_key, _proof, _receipt])
def test_close_returns_the_rent(chain: Chain, make) -> None:  # type: ignore[no-untyped-def]
    account = make(chain)
    before = chain.balance(chain.payer.pubkey()) + chain.balance(account)
    chain.run(ix_close(chain.payer.pubkey(), account))
    after = chain.balance(chain.payer.pubkey())
    assert before - 10_000 < after < before  # the fee
    assert chain.balance(account) == 0
    assert chain.data(account) == b""


def test_a_closed_account_cannot_be_revived_in_the_same_transaction(chain: Chain) -> None:
    from solders.system_program import TransferParams, transfer

    account, me = _proof(chain), chain.payer.pubkey()
    revive = transfer(TransferParams(from_pubkey=me, to_pubkey=account, lamports=10**9))
    assert chain.send(ix_close(me, account), revive).refused is None
    assert chain.data(account) == b""
    assert chain.send(ix_close(me, account)).refused == "WrongOwner"


def test_a_proof_account_can_be_made_again(chain: Chain) -> None:
    me = chain.payer.pubkey()
    address, bump = proof_address(me, 3)
    for _ in range(2):
        chain.run(ix_create_proof(me, address, 3, 10, bump))
        chain.run(ix_close(me, address))


def test_what_stays(chain: Chain, linear4: Circuit) -> None:
    me = chain.payer.pubkey()
    assert chain.send(ix_close(me, chain.sealed_key(linear4.blob))).refused == "KeySealed"
    consumed = chain.put(unused(), receipt_data(me, consumed=1))
    assert chain.send(ix_close(me, consumed)).refused == "ReceiptConsumed"


@pytest.mark.parametrize("make", [_key, _proof, _receipt])
def test_authority(chain: Chain, make) -> None:  # type: ignore[no-untyped-def]
    account, stranger, me = make(chain), chain.funded(), chain.payer.pubkey()

    def refused(authority: tuple[Pubkey, str], flags: str = "w") -> str | None:
        return chain.send(instruction("close", [authority, (account, flags)]), signers=[stranger]).refused

    assert refused((stranger.pubkey(), "sw")) == "WrongAuthority"
    assert refused((stranger.pubkey(), "s")) == "NotWritable"
    assert refused((stranger.pubkey(), "sw"), "") == "NotWritable"
    assert refused((unused(), "w")) == "MissingSigner"
    assert chain.send(ix_close(me, me)).refused == "DuplicateAccount"
    assert refused((me, "sw")) is None
