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
from verifier.keys import BINDINGS, G1, G2_NEGATED, HALT, HEADER_BYTES, MARK, SCAL, Draft, S, small


@pytest.fixture(scope="module")
def shared() -> Chain:
    return Chain()


@pytest.fixture
def draft(linear4: Circuit) -> Draft:
    return small(linear4.draft.srs)


# -- happy path and accounts


@pytest.mark.parametrize("name", ["linear4", "lookup4"])
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
    body = [words for words in draft.code if words[0] not in (*BINDINGS, SCAL, HALT, MARK)]
    # The key's scalars come first: the proof's move up.
    code = [[w[0], w[1] + 12, w[2]] if w[0] == SCAL and w[1] >= len(draft.points) else w for w in draft.code[:-1]]
    more = [[SCAL, len(draft.points) + n, 0] for n in range(12)]
    longer = draft.but(code=[*code, *body, *body, *body, *more, [HALT]], points=[*draft.points, *[G1] * 12])
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


def test_an_own_srs_shows_in_the_key(chain: Chain, linear4: Circuit) -> None:
    evil = linear4.draft.but(srs=G2_NEGATED).blob()
    key = chain.sealed_key(evil)
    assert KEY_HEADER.unpack_from(chain.data(key))[3] == keccak(G2_NEGATED) != keccak(linear4.draft.srs)
    assert chain.check(key, linear4.pieces.but(blob=evil).hinted().body()).refused == "ProofInvalid"


def test_flipped_bits_are_refused_or_change_the_verdict(chain: Chain, lookup4: Circuit) -> None:
    """Bits flipped all over a real key: no sealing, or no acceptance of what fits the flipped key as well as can be.

    Only the parts and the circuit's digest are free, and constants that are not read. (No instance of the proof is
    zero: a constant that it is multiplied with would not matter.)
    """
    draft = lookup4.draft
    assert all(lookup4.instances)
    read = {word // S for words in draft.code for word in words[2:]}
    free = {*range(28, 40), *range(128, 160)}
    for number in set(range(len(draft.constants))) - read:
        free |= set(range(HEADER_BYTES + 32 * number, HEADER_BYTES + 32 * number + 32))
    verdicts = set()
    for offset in range(0, len(lookup4.blob), 41):
        changed = bytearray(lookup4.blob)
        changed[offset] ^= 1 << (offset % 8)
        outcome = chain.seal(bytes(changed))
        if outcome.refused is not None or offset in free:
            assert outcome.refused is None or outcome.refused in error_codes(), (offset, outcome)
            continue
        key = key_address(chain.payer.pubkey(), keccak(bytes(changed)))[0]
        refused = chain.check(key, lookup4.payload).refused
        assert refused in {"ModulusWrong", "PayloadTooLong", "PayloadTooShort"}, offset
        if refused == "ModulusWrong":
            verdicts.add(chain.check(key, lookup4.pieces.but(blob=bytes(changed)).hinted().body()).refused)
    assert verdicts <= {"HintWrong", "ProofInvalid"}
    assert "ProofInvalid" in verdicts
