"""SPL Token's multisigs: several keys that sign for one address."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from solders.pubkey import Pubkey
from solders.token.state import Multisig as SplMultisig
from spl.token.constants import MULTISIG_LEN, TOKEN_PROGRAM_ID

from mai.chain.cluster import Cluster
from mai.chain.signer import Signer
from mai.errors import MaiError


@dataclass(frozen=True)
class Multisig:
    """``required`` of the ``keys`` must sign."""

    address: Pubkey
    required: int
    keys: tuple[Pubkey, ...]

    def choose(self, signers: Sequence[Signer]) -> list[Signer]:
        """As many of the signers as are required.

        Raises:
            MaiError: there are too few of its keys among them.
        """
        members = list({key.pubkey(): key for key in signers if key.pubkey() in self.keys}.values())
        if len(members) < self.required:
            raise MaiError(
                f"{self.required} of the {len(self.keys)} keys of the multisig {self.address} must sign, "
                f"{len(members)} of the given ones can: pass their keypair files with --signer"
            )
        return members[: self.required]


def read_multisig(cluster: Cluster, address: Pubkey) -> Multisig | None:
    """The multisig at an address; None where something else is."""
    account = cluster.account(address)
    if account is None or account.owner != TOKEN_PROGRAM_ID or len(account.data) != MULTISIG_LEN:
        return None
    found = SplMultisig.from_bytes(bytes(account.data))
    return Multisig(address, found.m, tuple(found.signers[: found.n])) if found.is_initialized else None
