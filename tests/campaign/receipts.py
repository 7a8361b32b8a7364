"""Receipts: used twice, by another, for something else, forged, or asked for with the wrong address."""

from __future__ import annotations

from mai.chain.verifier import Verifier
from solders.instruction import AccountMeta
from solders.pubkey import Pubkey

from campaign.bench import ACCEPTED, Bench, Miner
from campaign.keys import CONTEXT
from campaign.registry import Result, mutation

FIELDS = ("context", "key_hash", "srs", "input", "params", "output")


class Earned:
    """A receipt of an honest proof (a drawn one), and what a consumer expects of it."""

    def __init__(self, bench: Bench, proof: tuple[tuple[int, ...], bytes] | None = None) -> None:
        self.bench = bench
        self.miner = bench.miner()
        proof = proof or bench.draw.choice(bench.proofs)
        self.statement = bench.key.statement(*proof)
        self.proof = bench.put_proof(bench.key.payload(*proof), self.miner.address)
        self.expected = {
            "context": CONTEXT,
            "key_hash": bench.key.hash,
            "srs": bench.key.srs,
            "input": self.statement.input,
            "params": self.statement.params,
            "output": self.statement.output,
        }
        verdict = self.verify()
        assert verdict == ACCEPTED, verdict
        self.address = self.miner.verifier.receipt_address(CONTEXT, self.miner.address, self.statement.statement)[0]

    def verify(self, who: Verifier | None = None, context: bytes = CONTEXT) -> str:
        """`verify` on the same proof account."""
        bench = self.bench
        asking = who or self.miner.verifier
        return bench.outcome(lambda: asking.verify(bench.key, bench.key_account, self.proof, context, self.statement))

    def claim(self, who: Miner | None = None, address: Pubkey | None = None, **changed: bytes) -> str:
        """`claim` with what the consumer expects, or something else."""
        who = who or self.miner
        arguments = {name: list({**self.expected, **changed}[name]) for name in FIELDS}
        accounts = {"claimer": who.address, "receipt": address or self.address}
        call = self.bench.verifier.program.instruction("claim", accounts, arguments)
        return self.bench.send(call, [who.keypair])


@mutation("receipts")
def honest_receipt(bench: Bench) -> Result:
    """Verified, perhaps closed and verified again, and claimed."""
    earned = Earned(bench)
    if bench.draw.random() < 0.3:
        earned.miner.verifier.close(earned.address)
        again = earned.verify()
        if again != ACCEPTED:
            return Result(again, "receipt closed and made again", control=True)
    return Result(earned.claim(), "honest receipt", control=True)


@mutation("receipts", 3)
def misused_receipt(bench: Bench) -> Result:
    """A receipt for anything but what it was made for, once."""
    earned = Earned(bench)
    kind = bench.draw.choice(
        (
            "twice",
            "another claimer",
            "forged",
            "closed",
            "close consumed",
            "revived",
            "verified twice",
            "verified again after claim",
            "another's proof",
            *FIELDS,
            *FIELDS,
        )
    )
    if kind == "twice":
        assert earned.claim() == ACCEPTED
        verdict = earned.claim()
    elif kind == "another claimer":
        verdict = earned.claim(bench.miner())
    elif kind == "forged":
        account = bench.chain.account(earned.address)
        assert account is not None
        copy = bench.put(bench.miner().address, bytes(account.data), bench.other_program)
        verdict = earned.claim(address=copy)
    elif kind == "closed":
        earned.miner.verifier.close(earned.address)
        verdict = earned.claim()
    elif kind in ("close consumed", "revived"):
        assert earned.claim() == ACCEPTED
        verdict = bench.outcome(lambda: earned.miner.verifier.close(earned.address))
    elif kind == "verified twice":
        verdict = earned.verify()
    elif kind == "verified again after claim":
        assert earned.claim() == ACCEPTED
        verdict = earned.verify()
    elif kind == "another's proof":
        verdict = earned.verify(bench.miner().verifier)
    else:
        value = bytearray(earned.expected[kind])
        value[bench.draw.randrange(32)] ^= 1 << bench.draw.randrange(8)
        others = [bytes(value), bytes(32), earned.expected[bench.draw.choice(FIELDS)], bench.other.key.hash]
        changed = bench.draw.choice(others)
        if changed == earned.expected[kind]:
            return Result(earned.claim(), "honest receipt", control=True)
        verdict = earned.claim(**{kind: changed})
    return Result(verdict, f"receipt: {kind}")


@mutation("receipts")
def receipt_at_a_wrong_address(bench: Bench) -> Result:
    """`verify` with another bump, another number of bumps, or the address of another context, claimer or statement."""
    miner, draw = bench.miner(), bench.draw
    index = draw.randrange(len(bench.proofs))
    statement = bench.key.statement(*bench.proofs[index])
    proof = bench.put_proof(bench.payloads[index], miner.address)
    place, bump = miner.verifier.receipt_address(CONTEXT, miner.address, statement.statement)
    kind = draw.choice(("bump", "no bump", "two bumps", "context", "claimer", "statement", "second receipt"))
    bumps, address, more = [bump], place, []
    if kind == "bump":
        bumps = [(bump + draw.randrange(1, 256)) % 256]
    elif kind == "no bump":
        bumps = []
    elif kind == "two bumps":
        bumps = [bump, bump]
    elif kind == "second receipt":
        more = [AccountMeta(bench.miner().address, False, True)]
        bumps = draw.choice(([bump], [bump, bump]))
    else:
        seeds = {
            "context": (draw.randbytes(32), miner.address, statement.statement),
            "claimer": (CONTEXT, bench.miner().address, statement.statement),
            "statement": (CONTEXT, miner.address, draw.randbytes(32)),
        }[kind]
        address, changed = miner.verifier.receipt_address(*seeds)
        bumps = [changed]
    call = bench.verifier.program.instruction(
        "verify",
        {"claimer": miner.address, "key": bench.key_account, "proof": proof, "receipt": address},
        {"context": list(CONTEXT), "bumps": bytes(bumps), "profile": False},
        more,
    )
    return Result(bench.send(call, [miner.keypair]), f"receipt: {kind}")
