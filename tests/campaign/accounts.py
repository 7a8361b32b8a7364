"""Wrong accounts for every instruction: order, duplicates, every other type in every place, missing flags; wrong bytes.

Two miners own accounts of every type and state. Everything here is only simulated, so that nothing changes them.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

from mai_zk.field import keccak256
from solders.instruction import AccountMeta, Instruction
from solders.keypair import Keypair
from solders.pubkey import Pubkey
from solders.system_program import ID as SYSTEM_PROGRAM
from solders.sysvar import CLOCK, RENT

from campaign.bench import ACCEPTED, Bench, Miner, with_metas
from campaign.keys import CONTEXT
from campaign.registry import Result, mutation
from campaign.sessions import VERIFIED, SessionRun
from campaign.uploads import create

OTHER_CONTEXT = b"another context".ljust(32)
NEW_NONCE = 99
Call = tuple[str, dict[str, Pubkey], dict[str, Any]]


@dataclass(frozen=True)
class Belongings:
    """One miner's accounts: a proof complete and not, a session half way and done, a receipt, an unsealed key."""

    miner: Miner
    index: int
    proof: Pubkey
    incomplete: Pubkey
    half: Pubkey
    done: Pubkey
    receipt: Pubkey
    unsealed: Pubkey

    @property
    def accounts(self) -> tuple[Pubkey, ...]:
        """Every account but the wallet."""
        return (self.proof, self.incomplete, self.half, self.done, self.receipt, self.unsealed)


@dataclass(frozen=True)
class Scene:
    """An attacker, a victim, copies of accounts that another program owns, and things that are no accounts of ours."""

    me: Belongings
    victim: Belongings
    second: Keypair
    foreign: tuple[Pubkey, ...]
    strange: tuple[Pubkey, ...]


_SCENES: WeakKeyDictionary[Bench, Scene] = WeakKeyDictionary()


def scene(bench: Bench) -> Scene:
    """The chain's scene, made on first use; it does not depend on the case."""
    if bench not in _SCENES:
        kept, bench.draw = bench.draw, random.Random(0)
        _SCENES[bench] = _make(bench)
        bench.draw = kept
    return _SCENES[bench]


def _make(bench: Bench) -> Scene:
    me, victim = _belongings(bench, 0), _belongings(bench, 1)
    copied = (bench.key_account, me.proof, me.half, me.done, me.receipt, me.unsealed)
    foreign = []
    for address in copied:
        account = bench.chain.account(address)
        assert account is not None
        foreign.append(bench.put(bench.miner().address, bytes(account.data), bench.other_program))
    nothing = Keypair.from_seed(bytes(32)).pubkey()
    strange = (victim.miner.address, nothing, bench.verifier.program.address, CLOCK, RENT, SYSTEM_PROGRAM)
    return Scene(me, victim, bench.miner().keypair, tuple(foreign), strange)


def _belongings(bench: Bench, index: int) -> Belongings:
    miner = bench.miner()
    payload = bench.payloads[index]
    statement = bench.key.statement(*bench.proofs[index])
    done = SessionRun(bench, miner, payload, 11)
    half = SessionRun(bench, miner, payload, 12)
    assert done.create() == ACCEPTED and done.advance_to(VERIFIED) == ACCEPTED
    assert half.create() == ACCEPTED and half.advance_to(2) == ACCEPTED
    receipt = miner.verifier.verify(bench.key, bench.key_account, half.proof_account, CONTEXT, statement).address
    unsealed = bench.put_key(bench.other.key.blob, miner.address, keccak256(bench.other.key.blob))
    incomplete = create(bench, miner, 30_000, grow=False)
    return Belongings(miner, index, half.proof_account, incomplete, half.address, done.address, receipt, unsealed)


def calls(bench: Bench, mine: Belongings) -> list[Call]:
    """One honest call of every instruction."""
    verifier, me = mine.miner.verifier, mine.miner.address
    statement = bench.key.statement(*bench.proofs[mine.index])
    receipt, receipt_bump = verifier.receipt_address(OTHER_CONTEXT, me, statement.statement)
    session, session_bump = verifier.session_address(NEW_NONCE)
    proof, proof_bump = verifier.proof_address(NEW_NONCE)
    digest = keccak256(b"a key that is not there yet")
    key, key_bump = verifier.key_address(digest)
    issue = {"context": list(OTHER_CONTEXT), "bumps": bytes([receipt_bump])}
    expected = {
        "context": list(CONTEXT),
        "key_hash": list(bench.key.hash),
        "srs": list(bench.key.srs),
        "input": list(statement.input),
        "params": list(statement.params),
        "output": list(statement.output),
    }
    sealed = {"key": bench.key_account, "proof": mine.proof}
    return [
        ("check", sealed, {"profile": False}),
        ("verify", {"claimer": me, **sealed, "receipt": receipt}, {**issue, "profile": False}),
        ("verify_session", {"claimer": me, **sealed, "session": mine.done, "receipt": receipt}, issue),
        ("claim", {"claimer": me, "receipt": mine.receipt}, expected),
        ("create_session", {"authority": me, **sealed, "session": session}, {"nonce": NEW_NONCE, "bump": session_bump}),
        ("advance", {"authority": me, **sealed, "session": mine.half}, {"steps": 20}),
        ("seal_key", {"authority": me, "key": mine.unsealed}, {}),
        ("write", {"authority": me, "account": mine.proof}, {"offset": 8, "data": bytes(32)}),
        ("extend", {"authority": me, "account": mine.incomplete}, {}),
        ("close", {"authority": me, "account": mine.proof}, {}),
        ("create_proof", {"authority": me, "proof": proof}, {"nonce": NEW_NONCE, "size": 99, "bump": proof_bump}),
        ("create_key", {"authority": me, "key": key}, {"hash": list(digest), "size": 999, "bump": key_bump}),
    ]


def simulated(bench: Bench, call: Instruction, signers: list[Keypair]) -> str:
    """What the chain would say; somebody else pays, so that no flag comes from paying."""
    payer = bench.verifier.payer
    needed = {meta.pubkey for meta in call.accounts if meta.is_signer}
    return bench.send(call, [payer, *(key for key in signers if key.pubkey() in needed)], simulate=True)


@mutation("accounts")
def wrong_accounts(bench: Bench) -> Result:
    """One honest call of a drawn instruction with its accounts changed in a drawn way."""
    draw, where = bench.draw, scene(bench)
    mine = where.me
    name, accounts, arguments = draw.choice(calls(bench, mine))
    call = bench.verifier.program.instruction(name, accounts, arguments)
    signers = [mine.miner.keypair, where.second]
    kinds: dict[str, Callable[[], list[AccountMeta] | None]] = {
        "honest": lambda: list(call.accounts),
        "order": partial(_reordered, bench, call),
        "duplicate": partial(_duplicated, bench, call),
        "substitute": partial(_substituted, bench, call, where),
        "flag": partial(_without_flag, bench, call),
        "count": partial(_recounted, bench, call, where),
    }
    kind = draw.choice(("honest", "order", "duplicate", "flag", "count", *["substitute"] * 6))
    metas = kinds[kind]()
    if metas is None:
        kind, metas = "honest", list(call.accounts)
    verdict = simulated(bench, with_metas(call, metas), signers)
    return Result(verdict, f"{name}: accounts, {kind}", control=kind == "honest")


def _reordered(bench: Bench, call: Instruction) -> list[AccountMeta]:
    metas = list(call.accounts)
    while [m.pubkey for m in metas] == [m.pubkey for m in call.accounts]:
        bench.draw.shuffle(metas)
    return metas


def _duplicated(bench: Bench, call: Instruction) -> list[AccountMeta]:
    metas = list(call.accounts)
    first, second = bench.draw.sample(range(len(metas)), 2)
    metas[second] = metas[first]
    return metas


def _without_flag(bench: Bench, call: Instruction) -> list[AccountMeta]:
    metas = list(call.accounts)
    flagged = [i for i, meta in enumerate(metas) if meta.is_signer or meta.is_writable]
    if not flagged:
        return _recount(bench, metas, Pubkey.default())
    index = bench.draw.choice(flagged)
    meta = metas[index]
    drop_signer = meta.is_signer and (not meta.is_writable or bench.draw.random() < 0.5)
    metas[index] = AccountMeta(meta.pubkey, meta.is_signer and not drop_signer, meta.is_writable and drop_signer)
    return metas


def _recounted(bench: Bench, call: Instruction, where: Scene) -> list[AccountMeta]:
    return _recount(bench, list(call.accounts), where.victim.miner.address)


def _recount(bench: Bench, metas: list[AccountMeta], extra: Pubkey) -> list[AccountMeta]:
    kind = bench.draw.choice(("less", "none", "more", "many"))
    if kind == "less":
        del metas[bench.draw.randrange(len(metas))]
    elif kind == "none":
        metas = []
    else:
        more = 1 if kind == "more" else bench.draw.randrange(2, 14)
        metas += [
            AccountMeta(extra if more == 1 else Keypair.from_seed(bytes([i]) * 32).pubkey(), False, False)
            for i in range(more)
        ]
    return metas


def _substituted(bench: Bench, call: Instruction, where: Scene) -> list[AccountMeta] | None:
    """Another account in one place: the victim's, of another type, of another program, or none at all."""
    draw = bench.draw
    metas = list(call.accounts)
    index = draw.randrange(len(metas))
    old = metas[index]
    if old.is_signer:
        replacement = AccountMeta(where.second.pubkey(), True, old.is_writable)
        if draw.random() < 0.5:
            replacement = AccountMeta(where.victim.miner.address, False, old.is_writable)
        metas[index] = replacement
        return metas
    pool = [*where.victim.accounts, *where.foreign, *where.strange, bench.other_key_account]
    if len(metas) > 2:  # what may be written, extended or closed is anything of one's own
        pool += where.me.accounts
    pool = [address for address in pool if address not in {meta.pubkey for meta in metas}]
    chosen = draw.choice(pool)
    if len(metas) == 2 and not metas[0].is_signer and chosen == where.victim.proof:
        return None  # anybody may check anybody's proof
    metas[index] = AccountMeta(chosen, False, old.is_writable)
    return metas


@mutation("arguments")
def wrong_arguments(bench: Bench) -> Result:
    """One honest call of a drawn instruction with its bytes cut, longer, or another's discriminator; or noise."""
    draw, mine = bench.draw, scene(bench).me
    listed = calls(bench, mine)
    name, accounts, arguments = draw.choice(listed)
    call = bench.verifier.program.instruction(name, accounts, arguments)
    data = bytes(call.data)
    kind = draw.choice(("cut", "longer", "discriminator", "empty", "noise", "long noise"))
    if kind == "cut":
        data = data[: draw.randrange(len(data))]
    elif kind == "longer":
        data += draw.randbytes(draw.choice((1, 2, 8, 32, 100)))
    elif kind == "discriminator":
        bit = draw.randrange(64)
        data = bytes([*data[: bit // 8], data[bit // 8] ^ 1 << bit % 8, *data[bit // 8 + 1 :]])
    elif kind == "empty":
        data = b""
    else:
        data = draw.randbytes(draw.randrange(1, 300))
        if kind == "long noise":
            data = bytes(call.data)[:8] + draw.randbytes(draw.randrange(100, 400))
    changed = Instruction(call.program_id, data, list(call.accounts))
    return Result(simulated(bench, changed, [mine.miner.keypair]), f"{name}: bytes, {kind}")
