"""Paying for proved work, and the crank of the difficulty."""

from __future__ import annotations

from typing import Any

from economy import difficulty
from economy.ledger import Record, Transaction
from economy.nfts import held_tier
from economy.parameters import P, class_limit
from economy.quality import sign_of_life, touch
from economy.rewards import (
    EPOCH_S,
    NFT_BPS,
    RESOURCES,
    cap_of,
    capped,
    epoch_of,
    hourly,
    mintable,
    rate,
    reward,
    trust_bps,
    uptime_bps,
    verified_ms,
)
from economy.tasks import COMMITTED, PAID, REJECTED, most_ms, needed, votes
from economy.tasks import SETTLED as TASK_SETTLED
from economy.world import opened, the_vault, wallet

CLAIM_REFUSALS = {  # in the order in which the verifier compares
    "whole": {
        "context": "ContextMismatch",
        "key_hash": "KeyMismatch",
        "srs": "SrsMismatch",
        "input": "InputMismatch",
        "params": "ParamsMismatch",
        "output": "OutputMismatch",
    },
    "trace": {
        "context": "ContextMismatch",
        "manifest": "ManifestMismatch",
        "input": "InputMismatch",
        "output": "OutputMismatch",
        "prompt": "ShapeMismatch",
        "generated": "ShapeMismatch",
        "limit": "ShapeMismatch",
    },
}
TRACE = 1


def claims(config: Record, model: Record, task: Record, context: bytes, output: bytes, tokens: int) -> dict[str, Any]:
    """What a proof of this output must say."""
    if model.proof == TRACE:
        return {
            "context": context,
            "manifest": model.key_hash,
            "input": task.input,
            "output": output,
            "prompt": task.prompt_tokens,
            "generated": tokens,
            "limit": task.max_tokens,
        }
    return {
        "context": context,
        "key_hash": model.key_hash,
        "srs": config.srs,
        "input": task.input,
        "params": model.params,
        "output": output,
    }


def claim(tx: Transaction, proof: int, expected: dict[str, Any]) -> None:
    """The verifier's word for exactly this, for this signer, once."""
    key = tx.key("receipt")
    found = tx.ledger.receipts.get(key)
    kind = "trace" if proof == TRACE else "whole"
    tx.must(found is not None and found.kind == kind, "WrongAccountType")
    assert found is not None
    tx.need(found.claimer == tx.key("owner"), "WrongAuthority" if proof == TRACE else "ClaimerMismatch")
    tx.need(not found.claimed, "TraceClaimed" if proof == TRACE else "ReceiptConsumed")
    for name, refusal in CLAIM_REFUSALS[kind].items():
        tx.need(found.terms[name] == expected[name], refusal)
    tx.claimed.append(key)


def enter_epoch(emission: Record, epoch: int) -> None:
    if epoch > emission.epoch:
        emission.epoch, emission.epoch_minted = epoch, 0


def settle(tx: Transaction) -> None:
    config, calibration, emission = opened(tx), tx.load("calibration", "Calibration"), tx.load("emission", "Emission")
    miner, stake, model = tx.load("miner", "Miner"), tx.load("stake", "Stake"), tx.load("model", "Model")
    task, work, record = tx.load("task", "Task"), tx.load("work", "Work"), tx.load("spent_record", "SpentRecord")
    owner, parameters = tx.key("owner"), config.parameters
    tx.need(miner.owner == owner, "NotOwner")
    tx.need(stake.owner == owner, "WrongStake")
    tx.need(work.miner == tx.key("miner"), "WrongMiner")
    tx.need(work.task == tx.key("task"), "WrongTask")
    tx.need(work.model == tx.key("model"), "WrongModel")
    tx.need(work.status != PAID, "WorkAlreadySettled")
    tx.need(work.status != REJECTED, "WorkWasRejected")
    tx.need(work.status in (COMMITTED, PAID, REJECTED), "WorkNotCommitted")
    tx.need(not work.disputed, "WorkDisputed")
    tx.need(tx.now <= work.prove_until_ts, "SettleTooLate")
    tx.need(votes(task, work.output) >= needed(task), "NoAgreement")
    tx.need(model.approved, "ModelWithdrawn")
    tx.need(tx.key("spent_record") == task.spent_record, "WrongRecord")
    tx.need(not record.spent or record.task == tx.key("task"), "InputAlreadySpent")
    tx.need(tx.key("mint") == config.mint, "WrongMint")
    wallet(tx, the_vault(tx), "token_account", owner)
    tx.need(tx.key("verifier_program") == config.verifier, "NotVerifier")
    claim(tx, model.proof, claims(config, model, task, work.context, work.output, work.tokens))
    if tx.refused:
        return

    epoch = touch(miner, config, tx.now)
    left = rate(epoch, parameters[P.RATE_FLOOR])
    enter_epoch(emission, epoch)
    units = model.segments * model.work_units * work.tokens
    counted = capped(calibration.entries, miner.device_class, {name: getattr(miner, name) for name in RESOURCES})
    per_hour = hourly(counted)
    minted = reward(
        per_hour,
        verified_ms(per_hour, units),
        NFT_BPS[held_tier(tx, miner)],
        uptime_bps(miner.uptime_bps),
        trust_bps(miner.device_class, miner.attested),
        emission.multiplier,
        miner.quality_bps,
        left,
    )
    if work.sampling_bps < 10_000:
        minted = min(minted, class_limit(parameters, task.task_class))
    fee, task.fee = task.fee, 0
    task.fee_burned += fee
    if task.requester == owner:
        minted = min(minted, task.fee_burned - task.self_minted)
        task.self_minted += minted
    supply = tx.ledger.mints[config.mint].supply
    minted = mintable(minted, cap_of(parameters[P.EPOCH_CAP], left), emission.epoch_minted, supply)

    record.spent, record.task, record.slot = True, tx.key("task"), tx.slot
    task.taken -= 1
    task.settled += 1
    if task.settled == task.places:
        task.status = TASK_SETTLED
    work.status, work.paid = PAID, minted
    stake.at_risk -= work.at_risk
    allowed = most_ms(model, work.tokens)
    emission.pending -= 1
    emission.fees_burned += fee
    emission.epoch_minted += minted
    emission.minted += minted
    emission.period_minted += minted
    emission.period_settled += 1
    emission.period_active_ms += work.active_ms
    emission.period_allowed_ms += allowed
    sign_of_life(miner, config.genesis_ts, tx.now)
    miner.in_flight -= 1
    miner.completed += 1
    miner.active_ms_week += work.active_ms
    miner.allowed_ms_week += allowed
    miner.settled += 1
    miner.active_ms += work.active_ms
    miner.earned += minted
    tx.burn(config.mint, config.vault, fee)
    tx.mint_tokens(config.mint, tx.key("token_account"), minted, tx.key("receipt"), tx.key("work"))


def crank_difficulty(tx: Transaction) -> None:
    config, emission = opened(tx), tx.load("emission", "Emission")
    tx.must(tx.now >= emission.period_start_ts + difficulty.PERIOD_S, "PeriodNotOver")
    epoch = epoch_of(config.genesis_ts, tx.now)
    left = rate(epoch, config.parameters[P.RATE_FLOOR])
    enter_epoch(emission, epoch)
    difficulty.turn(
        emission,
        tx.now,
        config.genesis_ts + (epoch + 1) * EPOCH_S,
        cap_of(config.parameters[P.EPOCH_CAP], left),
        config.parameters[P.SMOOTHING],
        config.parameters[P.COMPLETION_TARGET_BPS],
        config.parameters[P.LOAD_TARGET_BPS],
    )


