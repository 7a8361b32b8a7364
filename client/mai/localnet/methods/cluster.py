"""The cluster of one node: its version, its identity, its health, and the roles that it plays alone."""

from __future__ import annotations

from typing import Any

from mai.localnet.errors import RpcError, invalid
from mai.localnet.machine import SLOTS_PER_EPOCH
from mai.localnet.node import API_VERSION, FEATURE_SET, Node
from mai.localnet.params import Params
from mai.localnet.registry import method

MAX_LEADERS = 5000
NO_SNAPSHOT = -32008


@method("getHealth", takes=False)
def get_health(node: Node, params: Params) -> Any:
    return "ok"


@method("getVersion", takes=False)
def get_version(node: Node, params: Params) -> Any:
    return {"feature-set": FEATURE_SET, "solana-core": API_VERSION}


@method("getIdentity", takes=False)
def get_identity(node: Node, params: Params) -> Any:
    return {"identity": str(node.bank.identity)}


@method("getGenesisHash", takes=False)
def get_genesis_hash(node: Node, params: Params) -> Any:
    return str(node.bank.genesis_hash)


@method(
    "getClusterNodes",
    takes=False,
    differs="one node that has no gossip, TPU or TVU; the Solana CLI deploys with `--use-rpc`",
)
def get_cluster_nodes(node: Node, params: Params) -> Any:
    ports = ("gossip", "pubsub", "serveRepair", "tpu", "tpuForwards", "tpuForwardsQuic", "tpuQuic", "tpuVote", "tvu")
    return [
        {
            **dict.fromkeys(ports),
            "featureSet": FEATURE_SET,
            "pubkey": str(node.bank.identity),
            "rpc": node.rpc_address,
            "shredVersion": 0,
            "version": API_VERSION,
        }
    ]


@method(
    "getVoteAccounts",
    differs="one validator that is never delinquent and has no stake; its vote account is not on chain",
)
def get_vote_accounts(node: Node, params: Params) -> Any:
    config = params.config(0)
    asked = config.get("votePubkey")
    slot = node.context(config)
    current = {
        "activatedStake": 0,
        "commission": 0,
        "epochCredits": [],
        "epochVoteAccount": True,
        "lastVote": slot,
        "nodePubkey": str(node.bank.identity),
        "rootSlot": node.bank.level_slot("finalized"),
        "votePubkey": str(node.bank.vote),
    }
    return {"current": [current] if asked in (None, current["votePubkey"]) else [], "delinquent": []}


@method("getLeaderSchedule", differs="only slots until now and the next 5,000 are listed, not the whole epoch")
def get_leader_schedule(node: Node, params: Params) -> Any:
    first = params.optional(0)
    config = params.config(0 if isinstance(first, dict) else 1)
    slot = node.context(config) if first is None or isinstance(first, dict) else params.number(0)
    if slot // SLOTS_PER_EPOCH > node.bank.slot // SLOTS_PER_EPOCH + 1:
        return None
    identity, asked = str(node.bank.identity), config.get("identity")
    if asked not in (None, identity):
        return {}
    start = max(0, node.bank.slot % SLOTS_PER_EPOCH - MAX_LEADERS)
    return {identity: list(range(start, min(SLOTS_PER_EPOCH, start + 2 * MAX_LEADERS)))}


@method("getSlotLeader")
def get_slot_leader(node: Node, params: Params) -> Any:
    node.context(params.config(0))
    return str(node.bank.identity)


@method("getSlotLeaders")
def get_slot_leaders(node: Node, params: Params) -> Any:
    params.number(0)
    limit = params.number(1)
    if limit > MAX_LEADERS:
        raise invalid(f"Invalid limit; max {MAX_LEADERS}")
    return [str(node.bank.identity)] * limit


@method("getBlockProduction", differs="counts from the last 512 blocks that are known in memory")
def get_block_production(node: Node, params: Params) -> Any:
    slot = node.context(params.config(0))
    blocks = [item.slot for item in node.bank.blocks if item.slot <= slot]
    made = {str(node.bank.identity): [len(blocks), len(blocks)]}
    return node.answer(slot, {"byIdentity": made, "range": {"firstSlot": blocks[0], "lastSlot": slot}})


@method("getHighestSnapshotSlot", takes=False, differs="never a snapshot: the ledger itself is kept")
def get_highest_snapshot_slot(node: Node, params: Params) -> Any:
    raise RpcError(NO_SNAPSHOT, "No snapshot")


@method("getMaxRetransmitSlot", takes=False)
def get_max_retransmit_slot(node: Node, params: Params) -> Any:
    return 0


@method("getMaxShredInsertSlot", takes=False)
def get_max_shred_insert_slot(node: Node, params: Params) -> Any:
    return 0
