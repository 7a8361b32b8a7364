"""Musters: what devices show of themselves at one moment, halved with every muster that follows."""

from __future__ import annotations

from economy.ledger import Record, Transaction
from economy.lottery import context, digest, draw
from economy.quality import sign_of_life, touch
from economy.registry import active, fade, joined
from economy.settlement import TRACE, claim
from economy.world import config_of, opened, pda
from mai_zk.trace.merkle import TOKEN, Tree, leaf_hash
from solders.pubkey import Pubkey

MARK, WINDOW = 150, 75
PROMPT, LANES = 32, 64
MOST = 2**40
GIVEN, PROVED = 1, 2


def odds(musters: int) -> int:
    """A quarter of an hour to the first muster, then twice as long to each, up to 3.5 days."""
    return min(15 * 2**musters, 5_040)


def answer_address(miner: Pubkey, lane: int = 0) -> Pubkey:
    return pda(b"muster", bytes(miner), bytes([lane]))


def prompt_root(seed: bytes, miner: Pubkey, lane: int) -> bytes:
    """The token tree of the device's prompt: a token for each byte of keccak(seed, device, lane), without salts."""
    tokens = enumerate(digest(seed, bytes(miner), bytes([lane])))
    leaves = [index.to_bytes(4, "little") + token.to_bytes(4, "little") + bytes(16) for index, token in tokens]
    return Tree([leaf_hash(TOKEN, leaf) for leaf in leaves]).root


def call_muster(tx: Transaction) -> None:
    opened(tx)
    emission, mark = tx.load("emission", "Emission"), tx["mark"]
    tx.need(mark % MARK == 0, "NotAMark")
    tx.need(mark > emission.muster_mark, "MusterCalledBefore")
    tx.need(tx.slot <= mark + WINDOW, "MarkTooOld")
    if mark >= 2**64 - 512:
        tx.must(False, "Overflow")
    seed = draw(tx, mark, 1, tx.key("config"), 0)
    tx.need(int.from_bytes(seed[:8], "little") % odds(emission.muster) == 0, "NoMuster")
    emission.muster += 1
    emission.muster_mark, emission.muster_seed = mark, seed


def open_answer(tx: Transaction) -> None:
    tx.load("miner", "Miner")
    answer = tx.create("answer", "Answer", answer_address(tx.key("miner"), tx["lane"]))
    tx.need(tx["lane"] < LANES, "LaneOutOfRange")
    answer.miner, answer.lane = tx.key("miner"), tx["lane"]


def suited(tx: Transaction, model: Record, tokens: int) -> None:
    """The model may answer, and give so many tokens."""
    tx.need(model.approved, "MusterModelNotOffered")
    tx.need(model.proof == TRACE, "NotTraced")
    tx.need(model.detection_bps >= 9_900, "MusterProofTooWeak")
    tx.need(tokens >= 1, "NoAnswer")
    tx.need(tokens <= model.max_tokens, "AnswerTooLong")


def answer_muster(tx: Transaction) -> None:
    config, emission, miner = opened(tx), tx.load("emission", "Emission"), tx.load("miner", "Miner")
    model, answer, tokens = tx.load("model", "Model"), tx.load("answer", "Answer"), tx["tokens"]
    active(tx, miner)
    tx.need(answer.miner == tx.key("miner"), "NotMinersAnswer")
    tx.need(emission.muster > answer.muster, "NothingToAnswer")
    tx.need(tx.slot <= emission.muster_mark + WINDOW, "MusterOver")
    suited(tx, model, tokens)
    if tx.refused:
        return
    touch(miner, config, tx.now)
    fade(emission, miner)
    answer.before = answer.shown if answer.status == PROVED else 0
    answer.muster, answer.model, answer.output = emission.muster, tx.key("model"), joined(tx, "output")
    answer.input = prompt_root(emission.muster_seed, tx.key("miner"), answer.lane)
    answer.context = context(
        config.chain_id, tx.key("answer"), tx.key("model"), answer.input, tx.key("miner"), emission.muster_seed,
        emission.muster, tx.now,
    )  # fmt: skip
    answer.tokens, answer.status = tokens, GIVEN
    answer.shown = min(model.segments * model.work_units * tokens // WINDOW, MOST)
    sign_of_life(miner, config.genesis_ts, tx.now)


def prove_muster(tx: Transaction) -> None:
    config, emission, miner = config_of(tx), tx.load("emission", "Emission"), tx.load("miner", "Miner")
    model, answer = tx.load("model", "Model"), tx.load("answer", "Answer")
    active(tx, miner)
    tx.need(answer.miner == tx.key("miner"), "NotProversAnswer")
    tx.need(answer.model == tx.key("model"), "WrongMusterModel")
    tx.need(answer.status == GIVEN, "NothingToProve")
    suited(tx, model, answer.tokens)
    tx.need(tx.key("verifier_program") == config.verifier, "NotVerifier")
    claim(tx, TRACE, proof_of(model, answer))
    fade(emission, miner)
    if answer.muster > miner.lanes_muster:
        miner.lanes, miner.lanes_now, miner.lanes_muster = miner.lanes_now, 0, answer.muster
    miner.lanes_now += answer.muster == miner.lanes_muster
    counts = min(answer.shown, answer.before)
    gained = min(counts >> (1 + emission.muster - answer.muster), MOST - miner.power)
    miner.power += gained
    emission.power += gained
    answer.status = PROVED


def proof_of(model: Record, answer: Record) -> dict[str, object]:
    """What the trace of an answer must say."""
    return {
        "context": answer.context, "manifest": model.key_hash, "input": answer.input, "output": answer.output,
        "prompt": PROMPT, "generated": answer.tokens, "limit": answer.tokens,
    }  # fmt: skip


def count_power(tx: Transaction) -> None:
    fade(tx.load("emission", "Emission"), tx.load("miner", "Miner"))
