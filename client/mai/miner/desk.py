"""What every step of a miner needs: the chain, the wallet, the journal, the models, the provers, the offers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from mai_zk.language.model import Run
from mai_zk.trace import Work as Trees
from solders.pubkey import Pubkey

from mai.chain import artifacts
from mai.chain.devices import Device
from mai.chain.economy import Economy
from mai.chain.muster import Musters
from mai.chain.program import Program
from mai.chain.sampled import Sampled
from mai.chain.signer import Signer
from mai.chain.trace import Traces
from mai.chain.verifier import Verifier
from mai.errors import MaiError
from mai.miner.journal import Journal, Work
from mai.miner.models import Served
from mai.miner.offers import Offers
from mai.miner.provers import Provers
from mai.miner.published import Published
from mai.miner.seal import Seal


def verifier_of(economy: Economy) -> Program:
    """The program that verifies for this network, whichever address it has."""
    config = economy.state("config")
    return Program(config.verifier, artifacts.out_folder() / "verifier.json")


@dataclass
class Desk:
    """One miner's tools.

    Attributes:
        device: the 32-byte name of the device.
        parallel: transactions that may be under way at once for one work.
        runs: runs of works that are not proved yet, in memory alone: a restart runs the model again, to the same end.
        trees: their trees, so that they are not made again at every step.
    """

    economy: Economy
    owner: Signer
    device: bytes
    journal: Journal
    seal: Seal
    offers: Offers
    provers: Provers
    served: dict[Pubkey, Served]
    parallel: int = 4
    stopping: Callable[[], bool] = lambda: False
    runs: dict[str, Run] = field(default_factory=dict)
    trees: dict[str, Trees] = field(default_factory=dict)

    def __post_init__(self) -> None:
        verifier = Verifier(self.economy.cluster, self.owner, verifier_of(self.economy))
        self.verifier, self.traces = verifier, Traces(verifier)
        self.sampled, self.published = Sampled(self.traces), Published(self.traces)
        self.musters = Musters(self.economy)
        self.miner = self.economy.miner_address(self.owner.pubkey(), self.device)

    def fields(self) -> Device:
        """The device as the chain has it now."""
        return Device(self.miner, self.economy.read("Miner", self.miner))

    def served_by(self, work: Work) -> Served:
        """The model of a work.

        Raises:
            MaiError: the miner was started without it.
        """
        found = self.served.get(Pubkey.from_string(work.model))
        if found is None:
            raise MaiError(f"the model {work.model} of this work is not served: start the miner with its --model")
        return found
