# MAI: pays for AI work that is proved. This file is the contents page: the instructions by file, in instructions/.
# The rules are in the modules beside it, what Seahorse cannot say in native.rs.
# Digests come as four little-endian u64 words or 32 bytes. Every refusal begins with its name
# (docs/reference/program.md).
from seahorse.prelude import *

# Creating the network, step by step and once.
from instructions.genesis import (
    genesis, genesis_adopt, open_state, open_governance, open_vault, open_treasury, set_collection, hand_over,
    open_mining
)

# Who may work, on what, and what of it can be paid.
from instructions.registry import (
    register_miner, update_miner, heartbeat, retire_miner, withdraw_bond, register_model, open_spent_record
)

# Asking for work.
from instructions.tasks import post_task, fund_task, cancel_task, expire_task, redraw_task

# Taking a place, committing to a result, losing the place.
from instructions.work import assign_task, commit_work, release_work

# Showing how much a device can do, all at once.
from instructions.muster import call_muster, open_answer, answer_muster, prove_muster, count_power

# Paying for proved work.
from instructions.settlement import settle, quote

# Stake: in, out after a cooldown, and aside as a verifier's.
from instructions.staking import (
    open_stake, deposit_stake, unstake, withdraw_stake, designate_verifier, undesignate_verifier
)

# Re-executing each other's work.
from instructions.checks import open_check, draw_check, decide_check, void_check, correct_check

# What cheating and carelessness cost.
from instructions.slashing import (
    report_offence, close_work, report_check, report_verifier, appeal, prove_appeal, execute_offence
)

# The difficulty of the next period.
from instructions.difficulty import crank_difficulty

# Which NFT counts for which device.
from instructions.nfts import open_nft_link, link_nft, move_nft

# The DAO: proposals, votes, and their execution by anyone.
from instructions.governance import (
    propose, vote, vote_early, deny, execute_parameter, execute_calibration, execute_model, execute_treasury,
    execute_collection
)

declare_id('7Fj3XWaYSdGm9PwcGU4fEneXDeDt4HZx7FZKxaXtTEQR')
