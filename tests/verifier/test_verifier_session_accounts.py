"""Sessions: whose they are, several of them, closed and made again, and their instructions' accounts."""

from __future__ import annotations

from solders.instruction import AccountMeta, Instruction
from solders.system_program import ID as SYSTEM_PROGRAM
from verifier.chain import (
    PROGRAM,
    SESSION_HEADER,
    STAGES,
    Chain,
    Session,
    ix_advance,
    ix_close,
    ix_create_session,
    ix_extend,
    ix_verify_session,
    ix_write,
    keccak,
    key_address,
    key_header,
    lower_bump,
    proof_address,
    proof_header,
    receipt_address,
    session_address,
    unused,
)
from verifier.circuit import Circuit
from verifier.sessions import CONTEXT, finished, opened, receipt_of

# -- who


def test_a_stranger_can_do_nothing(chain: Chain, linear4: Circuit) -> None:
    session, stranger = opened(chain, linear4), chain.funded()
    who = stranger.pubkey()
    theirs = chain.put_proof(linear4.payload, who)
    receipt = receipt_address(CONTEXT, who, linear4.key.statement(linear4.instances, linear4.proof).statement)
    attempts = {
        "advance": ix_advance(who, session.key, session.proof, session.address, 1),
        "advance with a proof of their own": ix_advance(who, session.key, theirs, session.address, 1),
        "close": ix_close(who, session.address),
        "extend": ix_extend(who, session.address),
        "write": ix_write(who, session.address, 0, b"\6"),
    }
    for name, attempt in attempts.items():
        before = chain.data(session.address)
        assert chain.send(attempt, signers=[stranger]).refused == "WrongAuthority", name
        assert chain.data(session.address) == before
    finished(session)
    for proof in (session.proof, theirs):
        attempt = ix_verify_session(who, session.key, proof, session.address, CONTEXT, receipt)
        assert chain.send(attempt, signers=[stranger]).refused == "WrongAuthority"
    chain.run(session.verify(CONTEXT, receipt_of(session, linear4)))


def test_nobody_writes_a_sessions_memory(chain: Chain, linear4: Circuit) -> None:
    session, me = opened(chain, linear4), chain.payer.pubkey()
    for stage in STAGES:
        assert session.advance_to(stage) is None
        for data in (b"", b"\0", bytes(100)):
            assert chain.send(ix_write(me, session.address, 0, data)).refused == "WrongAccountType"
    assert chain.send(ix_write(me, session.proof, 0, linear4.payload[:9])).refused is None


def test_only_of_an_own_proof(chain: Chain, linear4: Circuit) -> None:
    stranger = chain.funded()
    theirs = Session(chain, chain.sealed_key(linear4.blob), chain.put_proof(linear4.payload), 1, stranger)
    assert chain.send(theirs.create(), signers=[stranger]).refused == "WrongAuthority"
    mine = theirs.with_(proof=chain.put_proof(linear4.payload, stranger.pubkey()))
    assert chain.send(mine.create(), signers=[stranger]).refused is None


# -- several, closed, made again


def test_two_sessions_interleaved_on_one_payload(chain: Chain, linear4: Circuit) -> None:
    key, proof = chain.sealed_key(linear4.blob), chain.put_proof(linear4.payload)
    first, second = chain.session(key, proof, 1), chain.session(key, proof, 2)
    turn = 0
    while "verified" not in (first.stage, second.stage):
        assert first.advance(150 + turn) is None
        assert second.advance(400) is None
        turn += 1
    assert {first.stage, second.stage} != {"verified"}
    behind = first if first.stage != "verified" else second
    verify = behind.verify(CONTEXT, receipt_of(behind, linear4))
    assert chain.send(verify).refused == "SessionIncomplete"
    finished(behind)
    assert chain.data(first.address)[SESSION_HEADER.size :] == chain.data(second.address)[SESSION_HEADER.size :]
    chain.run(verify)


def test_closed_and_made_again_starts_anew(chain: Chain, linear4: Circuit) -> None:
    session, me = opened(chain, linear4), chain.payer.pubkey()
    fresh = chain.data(session.address)
    for stage in STAGES:
        assert session.advance_to(stage) is None
        rent = chain.balance(session.address)
        before = chain.balance(me)
        chain.run(ix_close(me, session.address))
        assert before + rent - 10_000 < chain.balance(me) < before + rent  # the fee
        assert chain.data(session.address) == b""
        assert chain.send(session.verify(CONTEXT, receipt_of(session, linear4))).refused == "WrongOwner"
        assert chain.send(session.step()).refused == "WrongOwner"
        chain.run(session.create())
        session.grow()
        assert chain.data(session.address) == fresh
    again = [ix_close(me, session.address), session.create(), session.verify(CONTEXT, receipt_of(session, linear4))]
    finished(session)
    assert chain.send(*again).refused == "SessionIncomplete"
    assert session.stage == "verified"


def test_twice(chain: Chain, linear4: Circuit) -> None:
    session = finished(opened(chain, linear4))
    assert chain.send(session.create()).refused == "AccountExists"
    assert session.stage == "verified"


# -- accounts and arguments


def with_account(instruction: Instruction, index: int, meta: AccountMeta) -> Instruction:
    accounts = list(instruction.accounts)
    accounts[index] = meta
    return Instruction(PROGRAM, instruction.data, accounts)


def test_accounts_of_create_session(chain: Chain, linear4: Circuit) -> None:
    key, proof, me = chain.sealed_key(linear4.blob), chain.put_proof(linear4.payload), chain.payer.pubkey()
    session = Session(chain, key, proof, 5, chain.payer)
    good, stranger = session.create(), chain.funded()
    fake = chain.put(unused(), b"", SYSTEM_PROGRAM)

    def refused(changed: Instruction) -> str | None:
        return chain.send(changed, signers=[stranger]).refused

    assert refused(with_account(good, 0, AccountMeta(stranger.pubkey(), True, True))) == "WrongAuthority"
    assert refused(with_account(good, 0, AccountMeta(stranger.pubkey(), False, True))) == "WrongAuthority"
    theirs = chain.put_proof(linear4.payload, stranger.pubkey())
    unsigned = with_account(good, 0, AccountMeta(stranger.pubkey(), False, True))
    assert refused(with_account(unsigned, 2, AccountMeta(theirs, False, False))) == "MissingSigner"
    read_only = with_account(good, 0, AccountMeta(stranger.pubkey(), True, False))
    assert refused(with_account(read_only, 2, AccountMeta(theirs, False, False))) == "NotWritable"
    assert refused(with_account(good, 3, AccountMeta(session.address, False, False))) == "NotWritable"
    assert refused(with_account(good, 3, AccountMeta(unused(), False, True))) == "WrongAddress"
    assert refused(with_account(good, 3, AccountMeta(proof, False, True))) == "DuplicateAccount"
    assert refused(with_account(good, 4, AccountMeta(fake, False, False))) == "WrongSystemProgram"
    assert refused(Instruction(PROGRAM, good.data, good.accounts[:4])) == "AccountCount"
    many = [*good.accounts, AccountMeta(fake, False, False)]
    assert refused(Instruction(PROGRAM, good.data, many)) == "AccountCount"
    for data in (good.data[:-1], good.data + b"\0", good.data[:8]):
        assert refused(Instruction(PROGRAM, data, good.accounts)) == "BadArguments"
    address, bump = lower_bump([b"session", bytes(me), (5).to_bytes(8, "little")], session_address(me, 5)[1])
    assert refused(ix_create_session(me, key, proof, address, 5, bump)) == "WrongAddress"
    assert refused(ix_create_session(me, key, proof, session.address, 5, bump)) == "BumpNotCanonical"
    assert refused(good) is None


def test_what_a_session_is_created_for(chain: Chain, linear4: Circuit) -> None:
    me, key = chain.payer.pubkey(), chain.sealed_key(linear4.blob)
    digest = keccak(bytes(10))
    address, bump = key_address(me, digest)
    unsealed = chain.put(address, key_header(me, digest, len(linear4.blob), bump) + linear4.blob)
    place, place_bump = proof_address(me, 99)
    header = proof_header(me, 99, len(linear4.payload) + 1, place_bump)
    incomplete = chain.put(place, header + linear4.payload)
    good = Session(chain, key, chain.put_proof(linear4.payload), 5, chain.payer)
    assert chain.send(good.with_(key=unsealed).create()).refused == "KeyNotSealed"
    assert chain.send(good.with_(proof=incomplete).create()).refused == "AccountIncomplete"
    assert chain.send(good.with_(proof=chain.put_proof(linear4.payload + b"\0")).create()).refused == "PayloadTooLong"
    assert chain.send(good.with_(proof=chain.put_proof(linear4.payload[:-1])).create()).refused == "PayloadTooShort"
    none = chain.put_proof(linear4.pieces.but(count=0).body())
    assert chain.send(good.with_(proof=none).create()).refused == "BadPayloadCounts"
    assert chain.send(good.create()).refused is None


def test_accounts_of_advance(chain: Chain, linear4: Circuit) -> None:
    session, stranger = opened(chain, linear4), chain.funded()
    good = session.step(1)

    def refused(changed: Instruction) -> str | None:
        return chain.send(changed, signers=[stranger]).refused

    assert refused(with_account(good, 0, AccountMeta(stranger.pubkey(), True, False))) == "WrongAuthority"
    assert refused(with_account(good, 0, AccountMeta(stranger.pubkey(), False, False))) == "MissingSigner"
    assert refused(with_account(good, 3, AccountMeta(session.address, False, False))) == "NotWritable"
    assert refused(with_account(good, 3, AccountMeta(session.proof, False, True))) == "DuplicateAccount"
    assert refused(Instruction(PROGRAM, good.data, good.accounts[:3])) == "AccountCount"
    many = [*good.accounts, AccountMeta(SYSTEM_PROGRAM, False, False)]
    assert refused(Instruction(PROGRAM, good.data, many)) == "AccountCount"
    for data in (good.data[:-1], good.data + b"\0"):
        assert refused(Instruction(PROGRAM, data, good.accounts)) == "BadArguments"
    assert refused(good) is None


def test_accounts_of_verify_session(chain: Chain, linear4: Circuit) -> None:
    session, stranger = finished(opened(chain, linear4)), chain.funded()
    receipt, bump = receipt_of(session, linear4)
    good = session.verify(CONTEXT, (receipt, bump))

    def refused(changed: Instruction) -> str | None:
        return chain.send(changed, signers=[stranger]).refused

    assert refused(with_account(good, 0, AccountMeta(stranger.pubkey(), True, True))) == "WrongAuthority"
    assert refused(with_account(good, 0, AccountMeta(stranger.pubkey(), False, True))) == "MissingSigner"
    assert refused(with_account(good, 4, AccountMeta(unused(), False, True))) == "WrongAddress"
    assert refused(with_account(good, 4, AccountMeta(receipt, False, False))) == "NotWritable"
    assert refused(with_account(good, 4, AccountMeta(session.address, False, True))) == "DuplicateAccount"
    assert refused(with_account(good, 5, AccountMeta(unused(), False, False))) == "WrongSystemProgram"
    assert refused(Instruction(PROGRAM, good.data, good.accounts[:5])) == "AccountCount"
    assert refused(session.verify(CONTEXT, (receipt, bump - 1))) == "BumpNotCanonical"
    extra = [*good.accounts, AccountMeta(unused(), False, True)]
    assert refused(Instruction(PROGRAM, good.data, extra)) == "ReceiptCount"
    for data in (good.data[:-1], good.data + b"\0", good.data[:40]):
        assert refused(Instruction(PROGRAM, data, good.accounts)) == "BadArguments"
    assert refused(good) is None
