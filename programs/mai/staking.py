# Stake, PDA ['stake', owner]: MAI in the vault that gives a say, backs work that is not proved in full, and can be lost.
#
#   vault = sum over stakes of (matured + pending + unstaking + verifier + escrowed), open tasks' fees and appeal bonds
from seahorse.prelude import *

BASIC_STAKE = 100_000_000_000_000
STANDARD_STAKE = 500_000_000_000_000
ADVANCED_STAKE = 2_000_000_000_000_000

TIER_NONE = 0
TIER_BASIC = 1
TIER_STANDARD = 2
TIER_ADVANCED = 3

# Unstaked MAI leaves the vault after 14 days, and new stake counts in votes after 14: longer than any vote lasts.
COOLDOWN_S = 1_209_600
WARM_UP_S = 1_209_600


# Amounts are base units.
class Stake(Account):
    owner: Pubkey
    # Counts in votes; what came in later waits in `pending` until WARM_UP_S after `pending_ts`.
    matured: u64
    pending: u64
    pending_ts: i64
    # Leaves at `unlock_ts`; still slashed until then.
    unstaking: u64
    unlock_ts: i64
    # Backs challenges; neither votes nor backs work.
    verifier: u64
    # Taken for offences that are not final yet.
    escrowed: u64
    # Part of matured + pending that works in flight have at risk.
    at_risk: u64
    # Voted with: nothing leaves before then.
    locked_until_ts: i64
    # Open challenges in which this stake is a party.
    disputes: u32
    # Never taken back.
    offences: u32
    bump: u8
