"""Sessions: honest ones in slices of any size, and every change between two of their stages."""

from __future__ import annotations

from mai.chain.verifier import SESSION_HEADER_BYTES
from mai_zk.keyprogram import KeyProgram
from solders.pubkey import Pubkey

from campaign.bench import ACCEPTED, Bench, Miner
from campaign.changes import changed_list, changed_point
from campaign.keys import CONTEXT
from campaign.pieces import Pieces, payload_or_zeros
from campaign.registry import Result, mutation

VERIFIED = 6
MOST_STEPS = (1 << 32) - 1
NONCE = 7


class SessionRun:
    """One miner's session over one payload: creation, slices, receipts. Every method returns a verdict."""

    def __init__(self, bench: Bench, miner: Miner, payload: bytes, nonce: int = NONCE) -> None:
        self.bench = bench
        self.miner = miner
        self.payload = payload
        self.nonce = nonce
        self.count = int.from_bytes(payload[:2], "little")
        self.key_account = bench.key_account
        self.proof_account = bench.put_proof(payload, miner.address, nonce)
        self.address, self.bump = miner.verifier.session_address(nonce)

    def accounts(self) -> dict[str, Pubkey]:
        """The accounts of `create_session` and `advance`."""
        return {
            "authority": self.miner.address,
            "key": self.key_account,
            "proof": self.proof_account,
            "session": self.address,
        }

    def create(self) -> str:
        """Create the session and grow it to its size."""
        program = self.bench.verifier.program
        call = program.instruction("create_session", self.accounts(), {"nonce": self.nonce, "bump": self.bump})
        verdict = self.bench.send(call, [self.miner.keypair])
        size = SESSION_HEADER_BYTES + self.bench.key.memory_bytes(self.count)
        while verdict == ACCEPTED and len(self.data()) < size:
            extend = program.instruction("extend", {"authority": self.miner.address, "account": self.address})
            verdict = self.bench.send(extend, [self.miner.keypair])
        return verdict

    def data(self) -> bytes:
        """The session account."""
        account = self.bench.chain.account(self.address)
        return bytes(account.data) if account else b""

    def stage(self) -> int:
        """Where the session stands."""
        return int(self.bench.verifier.program.decode(self.data()).stage)

    def advance(self, steps: int = MOST_STEPS, miner: Miner | None = None, **options: int) -> str:
        """One slice."""
        accounts = {**self.accounts(), "authority": (miner or self.miner).address}
        call = self.bench.verifier.program.instruction("advance", accounts, {"steps": steps})
        return self.bench.send(call, [(miner or self.miner).keypair], **options)

    def advance_to(self, stage: int, *, sliced: bool = True) -> str:
        """Slices until the stage is reached, or a refusal."""
        verdict = ACCEPTED
        while verdict == ACCEPTED and self.stage() < stage:
            steps = self.bench.draw.choice((3, 20, 40, 400, MOST_STEPS)) if sliced else MOST_STEPS
            verdict = self.advance(steps)
        return verdict

    def receipts(self, miner: Miner | None = None, key: KeyProgram | None = None) -> str:
        """`verify_session`."""
        key = key or self.bench.key
        pieces = Pieces.of(key, self.payload)
        statements = [key.statement(p.instances, p.proof(key)) for p in pieces.proofs]
        who = (miner or self.miner).verifier
        return self.bench.outcome(
            lambda: who.verify_batch(
                key, self.key_account, self.proof_account, CONTEXT, statements, session=self.address
            )
        )


def _begin(bench: Bench, payload: bytes | None = None) -> SessionRun:
    if payload is None:
        payload = bench.draw.choice((*bench.payloads, bench.batch))
    run = SessionRun(bench, bench.miner(), payload)
    verdict = run.create()
    assert verdict == ACCEPTED, verdict
    return run


@mutation("sessions")
def honest_session(bench: Bench) -> Result:
    """Slices of any size, one of them cut off by its compute limit and sent again."""
    run = _begin(bench)
    verdict = run.advance_to(bench.draw.randrange(VERIFIED))
    if bench.draw.random() < 0.5 and verdict == ACCEPTED:
        before = run.data()
        cut = run.advance(compute_units=bench.draw.choice((1_000, 3_000, 10_000)))
        if cut not in (ACCEPTED, "ComputeBudgetExceeded"):
            return Result(cut, "a session's slice out of compute units")
        if cut != ACCEPTED and run.data() != before:
            return Result("SessionMoved", "a slice that ran out of compute units left something")
    verdict = run.advance_to(VERIFIED) if verdict == ACCEPTED else verdict
    verdict = run.receipts() if verdict == ACCEPTED else verdict
    return Result(verdict, "honest session", control=True)


@mutation("sessions", 3)
def changed_between_stages(bench: Bench) -> Result:
    """One thing changed after a drawn stage; then the next step, which must be refused."""
    run = _begin(bench)
    stage = bench.draw.randrange(VERIFIED + 1)
    verdict = run.advance_to(stage)
    assert verdict == ACCEPTED, verdict
    kind = bench.draw.choice(
        (
            "payload byte",
            "payload",
            "key",
            "authority",
            "receipts early",
            "no steps",
            "write",
            "create again",
            "reset",
            "foreign session",
            "shorter session",
            "own proof",
        )
    )
    step = run.advance if stage < VERIFIED else run.receipts
    program = bench.verifier.program
    me = {"authority": run.miner.address, "account": run.address}
    if kind == "payload byte":
        offset = bench.draw.randrange(8, len(run.payload))
        old = run.payload[offset]
        call = program.instruction(
            "write", {**me, "account": run.proof_account}, {"offset": offset, "data": bytes([old ^ 1])}
        )
        assert bench.send(call, [run.miner.keypair]) == ACCEPTED
        verdict = step()
    elif kind == "payload":
        others = [p for p in (*bench.payloads, bench.batch) if p != run.payload]
        bench.put_proof(bench.draw.choice(others), run.miner.address, run.nonce)
        verdict = step()
    elif kind == "own proof":
        others = [p for p in bench.payloads if p != run.payload]
        run.proof_account = bench.put_proof(bench.draw.choice(others), run.miner.address, run.nonce + 1)
        verdict = step()
    elif kind == "key":
        run.key_account = bench.other_key_account
        verdict = step()
    elif kind == "authority":
        thief = bench.miner()
        if stage < VERIFIED:
            verdict = run.advance(miner=thief)
        else:
            run.proof_account = bench.put_proof(run.payload, thief.address, run.nonce)
            verdict = run.receipts(thief)
    elif kind == "receipts early":
        # At the last stage there is nothing early about receipts; the next advance is one too many.
        verdict = run.receipts() if stage < VERIFIED else run.advance()
    elif kind == "no steps":
        verdict = run.advance(0)
    elif kind == "write":
        data = bench.draw.randbytes(8)
        call = program.instruction("write", me, {"offset": bench.draw.randrange(512), "data": data})
        verdict = bench.send(call, [run.miner.keypair])
    elif kind == "create again":
        call = program.instruction("create_session", run.accounts(), {"nonce": run.nonce, "bump": run.bump})
        verdict = bench.send(call, [run.miner.keypair])
    elif kind == "reset":
        # Closed and created again in between: the new one starts over.
        assert bench.send(program.instruction("close", me), [run.miner.keypair]) == ACCEPTED
        assert run.create() == ACCEPTED
        verdict = run.receipts()
    elif kind == "foreign session":
        copy = bench.put(bench.miner().address, run.data(), bench.other_program)
        run.address = copy
        verdict = step()
    else:
        assert bench.send(program.instruction("close", me), [run.miner.keypair]) == ACCEPTED
        call = program.instruction("create_session", run.accounts(), {"nonce": run.nonce, "bump": run.bump})
        assert bench.send(call, [run.miner.keypair]) == ACCEPTED
        grown = len(run.data()) == SESSION_HEADER_BYTES + bench.key.memory_bytes(run.count)
        verdict = run.receipts() if grown else step()
    return Result(verdict, f"session: {kind}")


@mutation("sessions")
def bad_proof_in_a_session(bench: Bench) -> Result:
    """A payload with a changed proof: the session stops before it is verified, and stays stopped."""
    batch = bench.draw.random() < 0.4
    pieces = bench.pieces(batch)
    original = pieces.bytes()
    piece = bench.draw.choice(pieces.proofs)
    what = changed_point(bench, piece) if bench.draw.random() < 0.6 else changed_list(bench, piece.evaluations)
    made = [(p.instances, p.proof(bench.key)) for p in pieces.proofs]
    payload = payload_or_zeros(bench.key, made) if bench.draw.random() < 0.7 else pieces.bytes()
    run = _begin(bench, payload)
    verdict = run.advance_to(VERIFIED)
    if verdict == ACCEPTED:
        return Result(run.receipts(), f"session, {what}", control=payload == original)
    again = run.advance()
    if again != verdict or run.receipts() == ACCEPTED:
        return Result("SessionMoved", f"session, {what}: {verdict}, then {again}")
    return Result(verdict, f"session, {what}")
