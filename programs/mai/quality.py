# Uptime and reputation of a device, week by week (mining consensus document, 3.4; architecture document, 3 and 6).
# A week is closed by the first instruction that touches the device in a later one.
from seahorse.prelude import *
from config import Config, week_at
from parameters import FULL_BPS, MISSED_HOURS
from registry import Miner
from rewards import epoch_at

HOURS_A_WEEK = 168
HOUR_S = 3_600
# Where a new device begins: below an established one, so that starting again never pays.
NEWCOMER_QUALITY = 7_500
# Below this no task is assigned any more.
EXCLUDED_QUALITY = 2_000
# What a hard offence leaves of a reputation.
OFFENCE_DIVISOR = 4
VIOLATION_BPS = 1_000
# The weight of AI results against hardware: a half at first, 5 points more each epoch, at most nine tenths.
FIRST_AI_WEIGHT = 5_000
AI_WEIGHT_STEP = 500
LAST_AI_WEIGHT = 9_000
# A device is as fast as it showed in musters if a work takes at most twice as long as it took there, and a little more for
# what is around a work and for the chain's clock.
SLOT_MS = 400
CONSISTENT_SLACK = 2
CONSISTENT_OVERHEAD_MS = 5_000


def share_bps(part: u64, whole: u64) -> u64:
    if whole == 0:
        return FULL_BPS
    return part * FULL_BPS // whole


# Is a device as fast as it showed? took_ms: by the chain's clock; power: in work units a slot, in so many lanes at once,
# of which a work has one. Of who showed nothing, nothing is expected.
def is_consistent(took_ms: u64, units: u64, power: u64, lanes: u8) -> bool:
    if power == 0:
        return True
    expected = u128(units) * SLOT_MS * u128(max(lanes, 1)) // u128(power)
    return u128(took_ms) <= CONSISTENT_OVERHEAD_MS + CONSISTENT_SLACK * expected


def ai_weight(epoch: u64) -> u64:
    return min(LAST_AI_WEIGHT, FIRST_AI_WEIGHT + AI_WEIGHT_STEP * min(epoch, 8))


# Success, verification pass rate, latency and stability: four, three, two and one tenths.
def ai_score(completed: u32, failed: u32, rejected: u32, active_ms: u64, allowed_ms: u64, uptime_bps: u64) -> u64:
    success = share_bps(u64(completed), u64(completed) + u64(failed))
    passed = share_bps(u64(completed), u64(completed) + u64(rejected))
    used: u64 = 0
    if allowed_ms > 0:
        used = min(u64(u128(active_ms) * FULL_BPS // u128(allowed_ms)), FULL_BPS)
    latency = FULL_BPS - used // 2
    return (4 * success + 3 * passed + 2 * latency + uptime_bps) // 10


# A week's score in basis points.
def week_score(
    epoch: u64, completed: u32, failed: u32, rejected: u32, consistent: u32, active_ms: u64, allowed_ms: u64,
    uptime_bps: u64
) -> u64:
    weight = ai_weight(epoch)
    ai = ai_score(completed, failed, rejected, active_ms, allowed_ms, uptime_bps)
    # A work is consistent when it is committed and completed when it is paid, which may be a week later.
    hardware = share_bps(u64(min(consistent, completed)), u64(completed))
    score = (weight * ai + (FULL_BPS - weight) * hardware) // FULL_BPS
    return score - min(score, VIOLATION_BPS * u64(rejected))


# Uptime of a week: hours with a sign of life, less what missed assignments cost; none without a completed work.
def week_uptime(hours: u16, missed: u16, missed_hours: u64, completed: u32) -> u64:
    if completed == 0:
        return 0
    lost = u64(missed) * missed_hours
    return (u64(hours) - min(u64(hours), lost)) * FULL_BPS // HOURS_A_WEEK


# Closes the miner's week if a later one has begun: last week's uptime counts only in the week after it.
def enter_week(config: Config, miner: Miner, now: i64):
    week = week_at(config.genesis_ts, now)
    if week > miner.week:
        uptime = week_uptime(miner.hours, miner.missed, config.parameters[MISSED_HOURS], miner.completed)
        if miner.completed + miner.failed + miner.rejected > 0:
            epoch = epoch_at(config.genesis_ts, now)
            score = week_score(
                epoch, miner.completed, miner.failed, miner.rejected, miner.consistent, miner.active_ms_week,
                miner.allowed_ms_week, uptime
            )
            miner.quality_bps = u16((3 * u64(miner.quality_bps) + score) // 4)
        if week > miner.week + 1:
            uptime = 0
        miner.uptime_bps = u16(uptime)
        miner.week = week
        miner.hours = 0
        miner.missed = 0
        miner.completed = 0
        miner.failed = 0
        miner.rejected = 0
        miner.consistent = 0
        miner.active_ms_week = 0
        miner.allowed_ms_week = 0


# A sign of life: counts once an hour. Returns nothing; the same hour again changes nothing.
def count_hour(miner: Miner, genesis_ts: i64, now: i64):
    hour = u32((now - genesis_ts) // HOUR_S) + 1
    if hour > miner.last_hour:
        miner.last_hour = hour
        miner.hours += 1


# The reward's quality factor: a half to one.
def quality_factor(quality_bps: u16) -> u64:
    return FULL_BPS // 2 + u64(quality_bps) // 2
