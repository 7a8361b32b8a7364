"""The chain's clock: slots, heights, epochs, and the inflation that there is not."""

from __future__ import annotations

from typing import Any

from mai.localnet.errors import block_not_available
from mai.localnet.machine import SLOTS_PER_EPOCH
from mai.localnet.node import Node
from mai.localnet.params import Params
from mai.localnet.registry import method


@method("getSlot")
def get_slot(node: Node, params: Params) -> Any:
    return node.context(params.config(0))


@method("getBlockHeight")
def get_block_height(node: Node, params: Params) -> Any:
    config = params.config(0)
    node.context(config)
    return node.bank.level_height(config.level)


@method("getEpochInfo")
def get_epoch_info(node: Node, params: Params) -> Any:
    config = params.config(0)
    slot = node.context(config)
    return {
        "absoluteSlot": slot,
        "blockHeight": node.bank.level_height(config.level),
        "epoch": slot // SLOTS_PER_EPOCH,
        "slotIndex": slot % SLOTS_PER_EPOCH,
        "slotsInEpoch": SLOTS_PER_EPOCH,
        "transactionCount": node.bank.transaction_count,
    }


@method("getEpochSchedule", takes=False)
def get_epoch_schedule(node: Node, params: Params) -> Any:
    return {
        "firstNormalEpoch": 0,
        "firstNormalSlot": 0,
        "leaderScheduleSlotOffset": SLOTS_PER_EPOCH,
        "slotsPerEpoch": SLOTS_PER_EPOCH,
        "warmup": False,
    }


@method("getInflationGovernor", differs="all zero: no lamports are made")
def get_inflation_governor(node: Node, params: Params) -> Any:
    return {"foundation": 0.0, "foundationTerm": 0.0, "initial": 0.0, "taper": 0.0, "terminal": 0.0}


@method("getInflationRate", takes=False, differs="all zero: no lamports are made")
def get_inflation_rate(node: Node, params: Params) -> Any:
    return {"epoch": node.bank.slot // SLOTS_PER_EPOCH, "foundation": 0.0, "total": 0.0, "validator": 0.0}


@method("getInflationReward", differs="null for every address: no lamports are made")
def get_inflation_reward(node: Node, params: Params) -> Any:
    addresses, config = params.many(0, 1005), params.config(1)
    slot, epoch = node.context(config), config.number("epoch")
    first_after = ((slot // SLOTS_PER_EPOCH if epoch is None else epoch + 1) or 1) * SLOTS_PER_EPOCH
    if first_after > slot:
        raise block_not_available(first_after)
    return [None for _ in addresses]


@method("getStakeMinimumDelegation")
def get_stake_minimum_delegation(node: Node, params: Params) -> Any:
    return node.answer(node.context(params.config(0)), 1_000_000_000)
