# Offences, PDA ['offence', work or check, stake]: what was shown on chain, what it costs, and the appeal.
from seahorse.prelude import *

# An implausible claim (soft); no proof in time (soft where a full proof was due, else hard: it walked away from a draw);
# another output than the majority's; a lost spot-check; a challenge that was wrong (hard).
OFFENCE_INVALID_CLAIM = 1
OFFENCE_MISSED_PROOF = 2
OFFENCE_MINORITY_OUTPUT = 3
OFFENCE_FAILED_CHECK = 4
OFFENCE_FALSE_CHECK = 5

OFFENCE_PENDING = 1
OFFENCE_APPEALED = 2
OFFENCE_EXECUTED = 3
OFFENCE_OVERTURNED = 4

# After an appeal the proof is due within this time.
APPEAL_PROOF_S = 604_800


class Offence(Account):
    kind: u8
    status: u8
    # What shows it: a work or a check.
    evidence: Pubkey
    work: Pubkey
    # The offender.
    stake: Pubkey
    owner: Pubkey
    miner: Pubkey
    # Who is paid the part that is not burned: the one who showed it, and for a spot-check the second one who did.
    reporter: Pubkey
    assistant: Pubkey
    # The output that an appeal must prove.
    output: Array[u8, 32]
    # In escrow: base units of stake, and lamports of the device's bond.
    amount: u64
    bond: u64
    appeal_bond: u64
    created_ts: i64
    # The appeal is due by then; once appealed, its proof.
    final_ts: i64
    bump: u8
