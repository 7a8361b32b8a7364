# Turning the crank of the difficulty.
from seahorse.prelude import *
from config import Config, check_open
from difficulty import cap_before, completion, turn, utilisation
from emission import Emission, cap_of_epoch, enter_epoch
from events import DifficultyTurned
from parameters import COMPLETION_TARGET_BPS, EPOCH_CAP, LOAD_TARGET_BPS, RATE_FLOOR, SMOOTHING
from rewards import epoch_at, epoch_rate, epoch_left


# Closes a period of an hour or more and sets the next one's difficulty, sampling ratio and multiplier. Anyone may.
@instruction
def crank_difficulty(caller: Signer, config: Config, emission: Emission, clock: Clock):
    now = clock.unix_timestamp()
    check_open(config)
    epoch = epoch_at(config.genesis_ts, now)
    enter_epoch(emission, epoch)
    cap = cap_of_epoch(config.parameters[EPOCH_CAP], epoch_rate(epoch, config.parameters[RATE_FLOOR]))
    minted = emission.period_minted
    settled = emission.period_settled
    left = cap_before(cap, emission.epoch_minted, minted)
    elapsed_s = u64(now - emission.period_start_ts)
    remaining_s = epoch_left(config.genesis_ts, now) + elapsed_s
    completion_bps = completion(
        emission.period_active_ms, emission.period_allowed_ms, config.parameters[COMPLETION_TARGET_BPS]
    )
    utilisation_bps = utilisation(emission.period_active_ms, emission.miners, elapsed_s)
    turn(
        emission, now, left, remaining_s, elapsed_s, config.parameters[SMOOTHING], completion_bps,
        config.parameters[COMPLETION_TARGET_BPS], utilisation_bps, config.parameters[LOAD_TARGET_BPS]
    )
    turned = DifficultyTurned(
        elapsed_s, minted, settled, emission.pending, left, completion_bps, utilisation_bps, emission.task_difficulty,
        emission.sampling, emission.multiplier
    )
    turned.emit()
