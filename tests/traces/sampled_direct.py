"""Traces of class SAMPLED put on chain directly, at any step: for draws and openings at any size."""

from __future__ import annotations

import struct
from collections.abc import Sequence

from mai.chain.trace import TRACE_HEADER_BYTES
from mai_zk.trace import Manifest, draw
from solders.pubkey import Pubkey
from traces.executed_world import Bench, discriminator
from traces.world import BOND, World, block

BASE, SLOT = 1000, 1260
REVEALED, CHALLENGED = 2, 3


class Direct:
    """One chain, at a slot at which every draw can be made."""

    def __init__(self) -> None:
        self.bench = Bench()
        self.world = World.__new__(World)  # for its clock and blocks alone
        self.world.chain = self.bench.chain
        self.world.to_slot(SLOT)

    def sealed(self, manifest: Manifest) -> Pubkey:
        return self.bench.constants(manifest.body, sealed=1)

    def trace(
        self,
        manifest: Manifest,
        positions: int,
        root: bytes,
        *,
        task_class: int = 2,
        step: int = REVEALED,
        leaf: int = 0,
        drawn: Sequence[int] = (),
        positions_root: bytes = bytes(32),
        generated: int = 0,
        tokens: bytes = bytes(64),
    ) -> Pubkey:
        """A trace of so many drawn positions, by default from the first on, whose leaves have this root.

        leaf: its first draw. generated: tokens beside the prompt's two, by default as many as are drawn need.
        tokens: the roots of prompt and answer.
        """
        n_leaves = sum(manifest.strata)
        head = discriminator("Trace") + bytes(32) + bytes(self.bench.client.payer.pubkey()) + manifest.hash
        head += tokens + positions_root + root + bytes(2 * 32)
        head += struct.pack("<QQQ", BOND, BASE, BASE + 512) + struct.pack(
            "<IIIII", 2, generated or positions - 1, 600, 500, 5000
        )
        head += struct.pack("<HHHHBBBx", len(manifest.segments), positions, n_leaves, 0, step, 255, task_class)
        assert len(head) == TRACE_HEADER_BYTES
        draws = positions + n_leaves
        body = struct.pack(f"<{positions + 1}I", *(drawn or range(positions)), leaf) + bytes(
            4 * n_leaves - 4 + (draws + 7) // 8
        )
        return self.bench.put(head + body)

    def draw(self, trace: Pubkey, manifest: Pubkey, name: str = "draw_strata") -> int:
        """Compute units."""
        accounts = {"caller": self.bench.client.payer.pubkey(), "trace": trace}
        accounts |= {"manifest": manifest} if name == "draw_strata" else {}
        return self.bench.client._send(name, accounts).compute_units

    def expected(self, manifest: Manifest, positions: int, root: bytes) -> tuple[int, ...]:
        beacon = draw.beacon({slot: block(slot) for slot in self.world.blocks}, BASE)
        seed = draw.seed(
            beacon, leaves=True, root=root, context=bytes(32), miner=bytes(self.bench.client.payer.pubkey()),
            universe=positions * len(manifest.segments), count=sum(manifest.strata),
        )  # fmt: skip
        return draw.strata(seed, manifest, positions)

    def leaves(self, trace: Pubkey, manifest: Manifest, positions: int) -> tuple[int, ...]:
        account = self.bench.chain.account(trace)
        assert account is not None
        n_leaves = sum(manifest.strata)
        return struct.unpack_from(f"<{n_leaves}I", account.data, TRACE_HEADER_BYTES + 4 * positions)
