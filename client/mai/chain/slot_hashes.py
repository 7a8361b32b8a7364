"""The SlotHashes sysvar: the bank hashes of the last 512 blocks, which draws read."""

from __future__ import annotations


def read_slot_hashes(data: bytes) -> dict[int, bytes]:
    """Slot to hash, the newest first: a count, then eight bytes of slot and 32 of hash for each."""
    count = int.from_bytes(data[:8], "little")
    at = range(8, min(len(data), 8 + 40 * count), 40)
    return {int.from_bytes(data[i : i + 8], "little"): data[i + 8 : i + 40] for i in at}
