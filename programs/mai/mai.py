# MAI: pays for AI work that is proved. This file is the contents page: the instructions by file, in instructions/.
# The rules are in the modules beside it, what Seahorse cannot say in native.rs.
# Every refusal begins with its name (docs/reference/program.md).
from seahorse.prelude import *

# Stake: in, out after a cooldown, and aside as a verifier's.
from instructions.staking import (
    open_stake, deposit_stake, unstake, withdraw_stake, designate_verifier, undesignate_verifier
)

# Re-executing each other's work.
from instructions.checks import open_check, draw_check, decide_check, void_check, correct_check

# What cheating and carelessness cost.
from instructions.slashing import (
    report_offence, report_check, report_verifier, appeal, prove_appeal, execute_offence
)

declare_id('7Fj3XWaYSdGm9PwcGU4fEneXDeDt4HZx7FZKxaXtTEQR')
