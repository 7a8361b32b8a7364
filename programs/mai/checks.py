# Spot-checks, PDA ['check', work]: a second one re-executes a work and disagrees, a third one, drawn, decides.
from seahorse.prelude import *

CHECK_OPEN = 1
# The challenger was right, was wrong, or three thirds found three other outputs.
CHECK_UPHELD = 2
CHECK_REFUTED = 3
CHECK_VOID = 4

CHECK_ROUNDS = 3


class Check(Account):
    work: Pubkey
    task: Pubkey
    model: Pubkey
    status: u8
    # The accused, the challenger, and the one who decided: their stakes.
    accused: Pubkey
    challenger: Pubkey
    decider: Pubkey
    challenger_output: Array[u8, 32]
    decider_output: Array[u8, 32]
    opened_ts: i64
    # The draw of the third, as an assignment's.
    round: u32
    target_slot: u64
    seed: Array[u8, 32]
    seeded: bool
    seeded_ts: i64
    bump: u8
