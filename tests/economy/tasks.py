"""From a posted task to a committed work: fees, places, draws, deadlines, votes."""

from __future__ import annotations

from fractions import Fraction

from economy.ledger import NOBODY, Record, Transaction
from economy.lottery import BLOCKS, DELAY, chance, context, draw, score, ticket
from economy.nfts import EARLY_MINING, early
from economy.parameters import P, class_sampling, class_slash
from economy.quality import consistent, sign_of_life, touch
from economy.registry import active, fade, joined
from economy.rewards import NFT_BPS
from economy.world import config_of, number, opened, pda, the_vault, vault_pays, wallet
from solders.pubkey import Pubkey

OPEN, ASSIGNED, SETTLED, CANCELLED, EXPIRED = range(5)
COMMITTED, REJECTED, PAID, TAKEN, MISSED, FORFEITED, FAULTY = range(1, 8)
CRITICAL = 2
SETTLE_WINDOW_S = 86_400
TOLERANCE_MS = 2_000
LONGEST_MS = 30 * 86_400_000
EXCLUDED_QUALITY = 2_000


def task_address(requester: Pubkey, nonce: int) -> Pubkey:
    return pda(b"task", bytes(requester), number(nonce, 8))


def work_address(task: Pubkey, miner: Pubkey) -> Pubkey:
    return pda(b"work", bytes(task), bytes(miner))


# -- places and votes


def take_place(tx: Transaction, task: Record, owner: Pubkey) -> None:
    """An owner has one place at most: three devices of one owner would always agree."""
    tx.need(owner not in task.owners, "OwnerHasPlace")
    free = [place for place, holder in enumerate(task.owners) if holder == NOBODY]
    if free:
        task.owners[free[0]] = owner
    task.taken += 1
    if task.taken + task.settled == task.places:
        task.status = ASSIGNED


def give_place(tx: Transaction, task: Record, owner: Pubkey) -> None:
    """The place is free again, and its next holder is drawn anew."""
    task.owners = [NOBODY if holder == owner else holder for holder in task.owners]
    task.taken -= 1
    task.status = OPEN
    task.round += 1
    task.seeded = False
    task.target_slot = tx.slot + DELAY[task.task_class]


def vote(task: Record, output: bytes) -> None:
    task.committed += 1
    for pot in ("first", "second"):
        if getattr(task, f"{pot}_votes") == 0 or getattr(task, f"{pot}_output") == output:
            setattr(task, f"{pot}_output", output)
            setattr(task, f"{pot}_votes", getattr(task, f"{pot}_votes") + 1)
            return


def unvote(task: Record, output: bytes) -> None:
    task.committed -= 1
    for pot in ("first", "second"):
        if getattr(task, f"{pot}_votes") and getattr(task, f"{pot}_output") == output:
            setattr(task, f"{pot}_votes", getattr(task, f"{pot}_votes") - 1)
            return


def outvoted(task: Record, output: bytes) -> bool:
    """Another output was agreed on and proved; this one never can be."""
    agreed = max(task.first_votes, task.second_votes) >= needed(task)
    return bool(task.settled and votes(task, output) < needed(task) and agreed)


def votes(task: Record, output: bytes) -> int:
    for pot in ("first", "second"):
        if getattr(task, f"{pot}_votes") and getattr(task, f"{pot}_output") == output:
            return int(getattr(task, f"{pot}_votes"))
    return 1


def needed(task: Record) -> int:
    return 2 if task.places == 3 else 1


def most_ms(model: Record, tokens: int) -> int:
    return min(int(model.segments * model.max_active_ms * tokens), LONGEST_MS)


# -- requesters


def post_task(tx: Transaction) -> None:
    model, record = tx.load("model", "Model"), tx.load("spent_record", "SpentRecord")
    opened(tx)
    requester, lifetime, class_ = tx.key("requester"), tx["lifetime_s"], tx["task_class"]
    task = tx.create("task", "Task", task_address(requester, tx["nonce"]))
    tx.need(lifetime >= 10, "TaskTooShort")
    tx.need(lifetime <= 30 * 86_400, "TaskTooLong")
    tx.need(tx["region"] <= 999, "TaskRegionOutOfRange")
    tx.need(tx["max_tokens"] >= 1, "NoTokensAsked")
    tx.need(tx["max_tokens"] <= model.max_tokens, "TooManyTokensAsked")
    tx.need(tx["prompt_tokens"] <= 10**6, "PromptTooLong")
    tx.need(model.approved, "ModelNotApproved")
    tx.need(record.model == tx.key("model"), "WrongSpentRecord")
    tx.need(not record.spent, "InputAlreadyPaid")
    tx.must(class_ <= CRITICAL, "UnknownTaskClass")
    task.requester, task.model, task.spent_record = requester, tx.key("model"), tx.key("spent_record")
    task.input, task.position = record.input, record.position
    for name in ("nonce", "task_class", "region", "prompt_tokens", "max_tokens"):
        setattr(task, name, tx[name])
    task.posted_ts, task.expires_ts, task.status = tx.now, tx.now + lifetime, OPEN
    task.target_slot = tx.slot + DELAY[class_]
    task.places = 3 if class_ == CRITICAL else 1


def fund_task(tx: Transaction) -> None:
    config, task, amount = the_vault(tx), tx.load("task", "Task"), tx["amount"]
    tx.need(task.requester == tx.key("requester"), "NotRequester")
    tx.need(task.status == OPEN, "TaskNotOpen")
    tx.need(task.settled == 0, "TaskBeingPaid")
    tx.need(tx.key("treasury") == config.treasury, "WrongFeeTreasury")
    wallet(tx, config, "token_account", tx.key("requester"))
    tx.need(amount >= 1, "NothingToPay")
    share = amount * config.parameters[P.FEE_TREASURY_BPS] // 10_000
    task.fee += amount - share
    tx.transfer(tx.key("token_account"), config.treasury, share)
    tx.transfer(tx.key("token_account"), config.vault, amount - share)


def close(tx: Transaction, task: Record, status: int) -> None:
    tx.need(task.status == OPEN, "TaskNotFree")
    tx.need(task.taken == 0, "TaskHasMiners")
    tx.need(task.settled == 0, "TaskPartlyPaid")
    vault_pays(tx, task.fee, "token_account", task.requester)
    task.fee, task.status = 0, status


def cancel_task(tx: Transaction) -> None:
    task = tx.load("task", "Task")
    tx.need(task.requester == tx.key("requester"), "NotTaskOwner")
    close(tx, task, CANCELLED)


def expire_task(tx: Transaction) -> None:
    task = tx.load("task", "Task")
    tx.need(tx.now > task.expires_ts, "TaskNotExpired")
    close(tx, task, EXPIRED)


def redraw_task(tx: Transaction) -> None:
    task = tx.load("task", "Task")
    tx.need(task.status == OPEN, "NothingToDraw")
    tx.need(not task.seeded, "AlreadySeeded")
    tx.need(tx.blocks.first(task.target_slot) == "SeedEvicted", "SeedStillKnown")
    task.round += 1
    task.target_slot = tx.slot + DELAY[task.task_class]


# -- miners


def waiting(task: Record, slot: int) -> int:
    """Seconds since the last block of the seed, at two and a half slots a second."""
    return max(slot - task.target_slot - 4 * (BLOCKS[task.task_class] - 1), 0) * 2 // 5


def assign_task(tx: Transaction) -> None:
    config, emission, miner = opened(tx), tx.load("emission", "Emission"), tx.load("miner", "Miner")
    stake, model, task = tx.load("stake", "Stake"), tx.load("model", "Model"), tx.load("task", "Task")
    work = tx.create("work", "Work", work_address(tx.key("task"), tx.key("miner")))
    parameters, owner = config.parameters, tx.key("owner")
    active(tx, miner)
    tx.need(stake.owner == owner, "NotMinersStake")
    tx.need(task.model == tx.key("model"), "WrongTaskModel")
    tx.need(model.approved, "ModelNotOffered")
    tx.need(task.status == OPEN, "TaskAlreadyAssigned")
    tx.need(tx.now <= task.expires_ts, "TaskExpired")
    tx.need(miner.vram_mb >= model.vram_mb, "NotEnoughVram")
    tx.need(miner.in_flight < parameters[P.IN_FLIGHT_LIMIT], "TooManyInFlight")
    tx.need(early(config, tx.now, 3, miner.nft_tier, EARLY_MINING), "MiningStillEarly")
    touch(miner, config, tx.now)
    tx.need(miner.quality_bps >= EXCLUDED_QUALITY, "MinerExcluded")

    if not task.seeded:
        task.seed = draw(tx, task.target_slot, BLOCKS[task.task_class], tx.key("task"), task.round)
        task.seeded = True
    waited = waiting(task, tx.slot)
    newcomer = miner.settled < parameters[P.NEWCOMER_TASKS]
    trusted = not newcomer and miner.quality_bps >= parameters[P.TRUSTED_QUALITY]
    routine = task.task_class == 0
    tx.need(waited >= 30 or miner.quality_bps >= 2_500 * emission.task_difficulty // 10**9, "QualityTooLow")
    crowded = emission.miners > parameters[P.ELIGIBLE_TARGET]
    tx.need(trusted or not (routine and crowded and waited < 5), "TrustedFirst")
    points = score(miner.quality_bps, NFT_BPS[miner.nft_tier])
    fade(emission, miner)
    part = Fraction(miner.power + 1, max(emission.power + emission.miners, 1))
    odds = chance(
        points, part, emission.miners, parameters[P.ELIGIBLE_TARGET], waited, trusted=bool(routine and trusted)
    )
    tx.need(ticket(task.seed, tx.key("miner")) < odds, "NotDrawn")

    asked = class_sampling(parameters, task.task_class) * emission.sampling // 10**9
    tx.need(model.detection_bps >= (9_900 if newcomer else min(asked, 9_900)), "ProofTooWeak")
    risk = 0 if model.detection_bps == 10_000 else class_slash(parameters, task.task_class)
    tx.need(stake.matured + stake.pending >= stake.at_risk + risk, "StakeTooSmall")
    stake.at_risk += risk
    take_place(tx, task, owner)
    miner.assigned += 1
    miner.in_flight += 1
    sign_of_life(miner, config.genesis_ts, tx.now)
    large = model.segments * model.work_units >= 10_000
    work.miner, work.owner, work.task, work.model = tx.key("miner"), owner, tx.key("task"), tx.key("model")
    work.context = context(
        config.chain_id, work.task, work.model, task.input, work.miner, task.seed, task.round, tx.now
    )
    work.round, work.assigned_ts = task.round, tx.now
    work.deadline_ts = tx.now + parameters[P.LARGE_TIMEOUT_S if large else P.TIMEOUT_S]
    work.sampling_bps, work.at_risk, work.status = model.detection_bps, risk, TAKEN


def implausible(tx: Transaction, model: Record, peak: int, start: int) -> int:
    """0, or the reason: faster than the device can be, longer than the chain saw, longer than the model allows."""
    active_ms, tokens = tx["active_ms"], tx["tokens"]
    if active_ms > most_ms(model, tokens):
        return 3
    if start + active_ms > tx.now * 1_000 + TOLERANCE_MS:
        return 2
    return 1 if model.segments * model.work_units * tokens > peak * active_ms else 0


def commit_work(tx: Transaction) -> None:
    calibration, emission = tx.load("calibration", "Calibration"), tx.load("emission", "Emission")
    config, model = config_of(tx), tx.load("model", "Model")
    miner, stake = tx.load("miner", "Miner"), tx.load("stake", "Stake")
    task, work = tx.load("task", "Task"), tx.load("work", "Work")
    tokens, active_ms, output = tx["tokens"], tx["active_ms"], joined(tx, "output")
    active(tx, miner)
    tx.need(stake.owner == tx.key("owner"), "NotCommittersStake")
    tx.need(work.miner == tx.key("miner"), "NotAssignedMiner")
    tx.need(work.task == tx.key("task"), "NotAssignedTask")
    tx.need(work.model == tx.key("model"), "NotAssignedModel")
    tx.need(work.status in (TAKEN, MISSED), "AlreadyCommitted")
    tx.need(tx.now <= work.deadline_ts + config.parameters[P.GRACE_S], "GraceOver")
    tx.need(tokens >= 1, "NoTokens")
    tx.need(tokens <= task.max_tokens, "TooManyTokens")
    tx.need(active_ms >= 1, "NoActiveTime")
    touch(miner, config, tx.now)
    if work.status == MISSED:
        tx.need(task.status == OPEN, "PlaceTaken")
        tx.need(stake.matured + stake.pending >= stake.at_risk + work.at_risk, "StakeGone")
        stake.at_risk += work.at_risk
        miner.in_flight += 1
        take_place(tx, task, tx.key("owner"))
    start = max(work.assigned_ts * 1_000, miner.busy_until_ms)
    peak = calibration.entries[6 * miner.device_class + 5]
    reason = implausible(tx, model, peak, start)
    work.output, work.tokens, work.active_ms, work.reason = output, tokens, active_ms, reason
    work.committed_ts, work.committed_slot = tx.now, tx.slot
    work.took_ms = max(tx.now * 1_000 - start, 0)
    work.prove_until_ts = max(task.expires_ts, tx.now) + SETTLE_WINDOW_S
    miner.commits += 1
    sign_of_life(miner, config.genesis_ts, tx.now)
    if reason == 0:
        work.status = COMMITTED
        vote(task, output)
        emission.pending += 1
        miner.busy_until_ms = max(start, min(start + active_ms, tx.now * 1_000))
        units = model.segments * model.work_units * tokens
        miner.consistent += consistent(work.took_ms, units, miner.power, max(miner.lanes, miner.lanes_now))
    else:
        work.status = REJECTED
        stake.at_risk -= work.at_risk
        miner.in_flight -= 1
        miner.violations += 1
        miner.rejected += 1
        give_place(tx, task, work.owner)


def release_work(tx: Transaction) -> None:
    config, miner, stake = config_of(tx), tx.load("miner", "Miner"), tx.load("stake", "Stake")
    task, work = tx.load("task", "Task"), tx.load("work", "Work")
    tx.need(work.miner == tx.key("miner"), "NotReleasedMiner")
    tx.need(work.task == tx.key("task"), "NotReleasedTask")
    tx.need(stake.owner == work.owner, "NotReleasedStake")
    tx.need(work.status == TAKEN, "NotWaiting")
    tx.need(tx.now > work.deadline_ts, "StillInTime")
    touch(miner, config, tx.now)
    work.status = MISSED
    stake.at_risk -= work.at_risk
    miner.in_flight -= 1
    miner.failed += 1
    miner.missed += 1
    miner.failures += 1
    give_place(tx, task, work.owner)
