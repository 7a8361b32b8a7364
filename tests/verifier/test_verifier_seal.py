"""`seal_key`: happy path, accounts, and keys that look like another. The rules are in test_verifier_seal_rules.py."""

from __future__ import annotations

import pytest
from verifier.chain import (
    KEY_HEADER,
    Chain,
    error_codes,
    instruction,
    ix_check,
    ix_seal_key,
    keccak,
    key_address,
    key_header,
    unused,
)
from verifier.circuit import Circuit
from verifier.keys import ADDP, CHK, G1, HALT, KEY, MARK, SCAL, Draft, small


@pytest.fixture(scope="module")
def shared() -> Chain:
    return Chain()


@pytest.fixture
def draft(linear4: Circuit) -> Draft:
    return small(linear4.draft.srs)


# -- happy path and accounts


@pytest.mark.parametrize("name", ["linear4", "relu4"])
def test_a_real_key_is_sealed(shared: Chain, request: pytest.FixtureRequest, name: str) -> None:
    circuit: Circuit = request.getfixturevalue(name)
    key = shared.sealed_key(circuit.blob)
    _, authority, digest, srs, size, sealed, _, _ = KEY_HEADER.unpack_from(shared.data(key))
    assert (authority, digest, size, sealed) == (
        bytes(shared.payer.pubkey()), keccak(circuit.blob), len(circuit.blob), 1,
    )  # fmt: skip
    assert srs == keccak(circuit.key.neg_s_g2)
    assert shared.data(key)[KEY_HEADER.size :] == circuit.blob


def test_the_small_key_is_sealed(shared: Chain, draft: Draft) -> None:
    assert shared.seal(draft.blob()).refused is None


def test_sealing_an_eleven_kilobyte_key_fits_one_transaction(chain: Chain, linear4: Circuit) -> None:
    draft = linear4.draft
    body = [ins for ins in draft.code if ins[0] not in (CHK, SCAL, HALT, MARK)]
    longer = draft.but(code=[*draft.code[:-1], *body, *body[:-20], [HALT]])
    longer.points.extend([G1] * 12)
    longer.curve.extend((ADDP, 0, KEY, 64 * n) for n in range(len(longer.points) - 12, len(longer.points)))
    assert len(longer.blob()) > 11_000
    outcome = chain.seal(longer.blob())
    assert outcome.refused is None
    assert outcome.units < 1_000_000


def test_twice(chain: Chain, linear4: Circuit) -> None:
    key = chain.sealed_key(linear4.blob)
    assert chain.send(ix_seal_key(chain.payer.pubkey(), key)).refused == "KeySealed"


def test_the_whole_program_must_be_there(chain: Chain, linear4: Circuit) -> None:
    me, digest = chain.payer.pubkey(), keccak(linear4.blob)
    address, bump = key_address(me, digest)
    header = key_header(me, digest, len(linear4.blob), bump)
    chain.put(address, header + linear4.blob[:-1])
    assert chain.send(ix_seal_key(me, address)).refused == "AccountIncomplete"
    chain.put(address, header + linear4.blob[:-1] + b"\0")
    assert chain.send(ix_seal_key(me, address)).refused == "HashMismatch"
    chain.put(address, header + linear4.blob)
    chain.run(ix_seal_key(me, address))


def test_accounts(chain: Chain, linear4: Circuit) -> None:
    key, stranger, me = chain.create_key(linear4.blob), chain.funded(), chain.payer.pubkey()

    def refused(authority: tuple, account: tuple) -> str | None:  # type: ignore[type-arg]
        return chain.send(instruction("seal_key", [authority, account]), signers=[stranger]).refused

    assert refused((stranger.pubkey(), "s"), (key, "w")) == "WrongAuthority"
    assert refused((stranger.pubkey(), "s"), (key, "")) == "NotWritable"
    assert refused((unused(), ""), (key, "w")) == "MissingSigner"
    assert refused((me, "s"), (me, "w")) == "DuplicateAccount"
    assert chain.send(ix_check(key, chain.put_proof(linear4.payload))).refused == "KeyNotSealed"
    assert refused((me, "s"), (key, "w")) is None


# -- keys that look like another


def test_the_digest_alone_proves_nothing(chain: Chain, linear4: Circuit, draft: Draft) -> None:
    """The same EZKL digest, other code: sealed under another hash only, and a proof account does not fit it."""
    evil = draft.but(digest=linear4.draft.digest)
    key = chain.sealed_key(evil.blob())
    assert KEY_HEADER.unpack_from(chain.data(key))[2] == keccak(evil.blob()) != keccak(linear4.blob)
    assert chain.check(key, linear4.payload).refused == "PayloadTooLong"


def test_an_own_srs_shows_in_the_key(chain: Chain, linear4: Circuit, relu4: Circuit) -> None:
    evil = linear4.draft.but(srs=relu4.draft.srs)
    key = chain.sealed_key(evil.blob())
    assert KEY_HEADER.unpack_from(chain.data(key))[3] == keccak(relu4.draft.srs) != keccak(linear4.draft.srs)
    assert chain.check(key, linear4.payload).refused == "ProofInvalid"


def test_flipped_bits_are_refused_or_change_the_verdict(chain: Chain, linear4: Circuit) -> None:
    """Bits flipped all over a real key: no sealing, or no acceptance. Only the parts and unread constants are free."""
    draft = linear4.draft
    read = {word // 5 for ins in draft.code for word in ins[2:] if ins[0] != CHK} | {0, 1, 2}
    free = set(range(28, 40))
    for number in set(range(len(draft.constants))) - read:
        free |= set(range(128 + 40 * number, 168 + 40 * number))
    verdicts = {"HintWrong", "ProofInvalid", "PayloadTooLong", "PayloadTooShort"}
    for offset in range(0, len(linear4.blob), 61):
        changed = bytearray(linear4.blob)
        changed[offset] ^= 1 << (offset % 8)
        outcome = chain.seal(bytes(changed))
        if outcome.refused is None and offset not in free:
            key = key_address(chain.payer.pubkey(), keccak(bytes(changed)))[0]
            assert chain.check(key, linear4.payload).refused in verdicts, offset
        else:
            assert outcome.refused is None or outcome.refused in error_codes(), (offset, outcome)
