"""What the core's tests share besides the network: many miners, full trust, NFTs, fees, and the lottery recomputed."""

from __future__ import annotations

import struct
from typing import Any

from Crypto.Hash import keccak
from mai.program import parameters
from program.chain import Landed, block
from program.network import (
    CONFIG,
    EMISSION,
    MINT,
    Job,
    Network,
    digest,
    miner_address,
    model_address,
    stake_address,
    task_address,
    work_address,
)
from solders.keypair import Keypair
from solders.pubkey import Pubkey

HOUR, DAY, WEEK, EPOCH = 3_600, 86_400, 604_800, 15_552_000
ONE = 10**9
POWER = 999_999  # of the devices of a crowd: one unit more counts of each


def hashed(*parts: bytes) -> bytes:
    return keccak.new(digest_bits=256, data=b"".join(parts)).digest()


def seed_of(task: Pubkey, round_: int, target: int, blocks: int = 1) -> bytes:
    """The seed of a round, as anybody can recompute it from the blocks."""
    drawn = [block(target + 4 * index) for index in range(blocks)]
    return hashed(bytes(task), struct.pack("<I", round_), *drawn)


def ticket_of(seed: bytes, miner: Pubkey) -> int:
    return int.from_bytes(hashed(seed, bytes(miner))[:8], "little") % ONE


def chance_of(
    quality: int, miners: int, waited_s: int = 0, *, nft: int = 0, near: bool = False, factor: int = 1
) -> int:
    """The chance of one of as many equal devices, with nothing in flight, at four places a round; in 1/10^9."""
    if miners <= 4 or waited_s >= 30:
        return ONE
    score = quality * (10_000 + nft + 1_000 * near) // 10_000
    return min(4 * ONE * score * factor * 2 ** (waited_s // 4) // (miners * 7_500), ONE * 95 // 100)


def settings(network: Network) -> list[int]:
    return [int(value) for value in network.chain.read("Config", CONFIG)["parameters"]]


def set_parameter(network: Network, index: int, value: int) -> None:
    """As the DAO could, within the bounds."""
    parameters.check_parameter(index, value)
    values = settings(network)
    values[index] = value
    network.chain.write("Config", CONFIG, parameters=values)


def crowd(network: Network, miners: int) -> None:
    """Tells the lottery that there are so many devices, all as strong as the first."""
    stand_in(network, power=POWER)
    network.chain.write("Emission", EMISSION, miners=miners, power=miners * POWER)


def long_model(network: Network, active_ms: int) -> None:
    """A model of which a hundred tokens are worth so long at the hourly rate of the network's devices, 858 MAI."""
    units = -(-active_ms * 858 * ONE // 3_600 * 10 // 176_000) - 5 * ONE // 1_000
    network.chain.write("Model", network.model, segments=10, work_units=max(-(-units // 1_000), 1))


def trusted(network: Network, owner: Keypair | None = None, quality: int = 9_000) -> None:
    """Makes a device one with a history."""
    miner = miner_address((owner or network.owner).pubkey())
    network.chain.write("Miner", miner, settled=10, quality_bps=quality)


def stand_in(network: Network, **changes: Any) -> None:
    network.chain.write("Miner", network.miner, **changes)


def give_nft(network: Network, tier: int) -> Pubkey:
    """An NFT of this tier, linked to the device and in its owner's wallet. Returns the holder's token account."""
    mint = Pubkey.new_unique()
    account = network.chain.put_token_account(mint, network.owner.pubkey(), 1)
    stand_in(network, nft_tier=tier, nft_mint=mint, nft_account=account, nft_week=0)
    return account


def purse(network: Network, owner: Keypair, amount: int) -> Pubkey:
    """A wallet with MAI that the supply knows of."""
    supply = network.chain.supply(MINT) + amount
    account = network.chain.svm.get_account(MINT)
    data = bytes(account.data)
    network.chain.put(MINT, data[:36] + supply.to_bytes(8, "little") + data[44:], account.owner, account.lamports)
    return network.chain.put_token_account(MINT, owner.pubkey(), amount)


def fund(network: Network, job: Job, wallet: Pubkey, amount: int, by: Keypair | None = None, **changes: Any) -> Landed:
    by = by or network.requester
    accounts = {"requester": by.pubkey(), "token_account": wallet, "task": job.task}
    return network.call("fund_task", by, accounts, amount=amount, **changes)


def cancel(network: Network, job: Job, wallet: Pubkey, by: Keypair | None = None, **changes: Any) -> Landed:
    by = by or network.requester
    accounts = {"requester": by.pubkey(), "token_account": wallet, "task": job.task}
    return network.call("cancel_task", by, accounts, **changes)


def expire(network: Network, job: Job, wallet: Pubkey, by: Keypair | None = None, **changes: Any) -> Landed:
    by = by or network.owner
    accounts = {"caller": by.pubkey(), "token_account": wallet, "task": job.task}
    return network.call("expire_task", by, accounts, **changes)


def redraw(network: Network, job: Job, **changes: Any) -> Landed:
    accounts = {"caller": network.requester.pubkey(), "task": job.task}
    return network.call("redraw_task", network.requester, accounts, **changes)


def crank(network: Network) -> dict[str, Any]:
    landed = network.call("crank_difficulty", network.requester, {"caller": network.requester.pubkey()})
    return landed.events["DifficultyTurned"]


def own(network: Network, name: str, owner: Keypair | None = None, **changes: Any) -> Landed:
    """An instruction that the owner sends for the device."""
    owner = owner or network.owner
    return network.call(name, owner, network.mine_accounts(owner), **changes)


def rival(network: Network, **changes: Any) -> Keypair:
    """Another owner with a device."""
    owner = network.chain.person()
    network.register_miner(owner, **changes)
    return owner


def work_of(network: Network, job: Job, owner: Keypair | None = None) -> dict[str, Any]:
    owner = owner or network.owner
    return network.chain.read("Work", work_address(job.task, miner_address(owner.pubkey())))


def miner_of(network: Network, owner: Keypair | None = None) -> dict[str, Any]:
    return network.chain.read("Miner", miner_address((owner or network.owner).pubkey()))


def stake_of(network: Network, owner: Keypair | None = None) -> dict[str, Any]:
    return network.chain.read("Stake", stake_address((owner or network.owner).pubkey()))


def set_stake(network: Network, amount: int, owner: Keypair | None = None) -> None:
    network.chain.write("Stake", stake_address((owner or network.owner).pubkey()), matured=amount)


def paid(network: Network, seconds: int = 60, **changes: Any) -> dict[str, Any]:
    """A whole task done; the event of its payment."""
    return network.settle(network.committed(seconds, **changes)).events["WorkSettled"]


def post_drawn(network: Network, least: int, most: int, miner: Pubkey | None = None, **changes: Any) -> Job:
    """A task of one seed block in which the device's ticket is at least ``least`` and below ``most``."""
    delay = {0: 1, 1: 8}[changes.setdefault("task_class", 1)]
    target, requester = network.chain.svm.get_clock().slot + delay, network.requester.pubkey()
    nonce = network._count + 1
    while not least <= ticket_of(seed_of(task_address(requester, nonce), 0, target), miner or network.miner) < most:
        nonce += 1
    network._count = nonce - 1
    return network.post(**changes)


def wait(network: Network, job: Job, seconds: int) -> None:
    """Until the round has waited so long since its seed's block: two and a half slots a second, rounded up."""
    network.chain.set_slot(network.chain.read("Task", job.task)["target_slot"] + max(1, -(-5 * seconds // 2)))


def trace_model(network: Network, detection: int, **changes: Any) -> Pubkey:
    """Makes the network's model one that is proved by its trace."""
    key = digest(f"manifest of {detection}")
    network.register_model(key=key, proof=1, detection_bps=detection, **changes)
    network.model = model_address(key)
    network.chain.write("Model", network.model, approved=True)
    return network.model
