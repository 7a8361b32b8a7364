# The network's one configuration account, PDA ['config'], written by genesis and read by everything else.
from seahorse.prelude import *
from rewards import HIGHEST_RATE_FLOOR, LOWEST_RATE_FLOOR

DECIMALS = 9


class Config(Account):
    authority: Pubkey
    mint: Pubkey
    verifier: Pubkey
    # PDA ['claim', verifier]: Seahorse's Program has no key(), but it can be a seed, so this pins the program.
    verifier_tag: Pubkey
    # keccak256 of the SRS point that every proof's key must use.
    srs: Array[u8, 32]
    chain_id: u32
    genesis_ts: i64
    # The share of the launch rates paid after the third year, in 1/100,000.
    rate_floor: u64
    # The most that one epoch may mint; reserved, 0 means no cap.
    epoch_cap: u64
    # Always the zero key: Seahorse has no Pubkey literal, and an absent freeze authority reads as this.
    nobody: Pubkey
    bump: u8


def check_rate_floor(rate_floor: u64):
    assert rate_floor >= LOWEST_RATE_FLOOR, 'RateFloorTooLow: the rate floor is at least 10,000 of 100,000'
    assert rate_floor <= HIGHEST_RATE_FLOOR, 'RateFloorTooHigh: the rate floor is at most 59,049 of 100,000'


# Fills the new configuration; both ways of genesis end here.
def configure(
    config: Config, authority: Pubkey, mint: Pubkey, verifier: Pubkey, chain_id: u32, genesis_ts: i64, rate_floor: u64,
    srs: Array[u8, 32], bump: u8
):
    check_rate_floor(rate_floor)
    tag, tag_bump = Pubkey.find_program_address(['claim', verifier])
    config.authority = authority
    config.mint = mint
    config.verifier = verifier
    config.verifier_tag = tag
    config.srs = srs
    config.chain_id = chain_id
    config.genesis_ts = genesis_ts
    config.rate_floor = rate_floor
    config.bump = bump
