# MAI: pays for AI work that is proved. This file is the contents page: the instructions by file, in instructions/.
# The rules are in the modules beside it, what Seahorse cannot say in native.rs.
# Digests come as four little-endian u64 words. Every refusal begins with its name (docs/reference/program.md).
from seahorse.prelude import *

# Creating the network, once.
from instructions.genesis import genesis, genesis_adopt

# Who may work, on what, and what of it can be paid.
from instructions.registry import register_miner, register_model, open_spent_record

# Asking for work and committing to a result.
from instructions.tasks import post_task, fund_task, commit_work

# Paying for proved work.
from instructions.settlement import settle, quote

# Which NFT counts for which device.
from instructions.nfts import open_nft_link, link_nft, move_nft

# The DAO: proposals, votes, and their execution by anyone.
from instructions.governance import (
    propose, vote, vote_early, deny, execute_parameter, execute_calibration, execute_model, execute_treasury,
    execute_collection
)

declare_id('7Fj3XWaYSdGm9PwcGU4fEneXDeDt4HZx7FZKxaXtTEQR')
