"""A network whose mining is open, with stakes, devices and NFTs put there as their instructions would leave them."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import Any

from mai.program import calibration, config, governance, nfts, parameters, registry, staking
from program.chain import MAI, START, TOKEN_PROGRAM, Chain, Landed
from program.network import CONFIG, digest, miner_address, pda
from solders.keypair import Keypair
from solders.pubkey import Pubkey

METAPLEX = Pubkey.from_string("metaqbxxUerdq28cj1RbAWkYQm3ybzjb6a8bt518x1s")
CALIBRATION, GOVERNANCE, NFTS = pda(b"calibration"), pda(b"governance"), pda(b"nfts")
NOBODY = Pubkey.default()
UNIT = 10**9
DAY = 86_400
MONTH = 30 * DAY
TEXT = digest("reasons")

PARAMETER, CALIBRATE = governance.PROPOSE_PARAMETER, governance.PROPOSE_CALIBRATION
MODEL, TREASURY, COLLECTION = governance.PROPOSE_MODEL, governance.PROPOSE_TREASURY, governance.PROPOSE_COLLECTION
BASIC, STANDARD, ADVANCED = staking.BASIC_STAKE, staking.STANDARD_STAKE, staking.ADVANCED_STAKE
TIMEOUT, NEWCOMERS, TARGET = parameters.TIMEOUT_S, parameters.NEWCOMER_TASKS, parameters.COMPLETION_TARGET_BPS
# A change of each risk.
LOW, MEDIUM, HIGH = {"index": TIMEOUT, "value": 90}, {"index": NEWCOMERS, "value": 20}, {"index": 1, "value": 40_000}
EXECUTIONS = {
    PARAMETER: "execute_parameter",
    CALIBRATE: "execute_calibration",
    MODEL: "execute_model",
    TREASURY: "execute_treasury",
    COLLECTION: "execute_collection",
}


def stake_address(owner: Pubkey) -> Pubkey:
    return pda(b"stake", bytes(owner))


def vote_address(proposal: Pubkey, owner: Pubkey) -> Pubkey:
    return pda(b"vote", bytes(proposal), bytes(stake_address(owner)))


def link_address(mint: Pubkey) -> Pubkey:
    return pda(b"nft", bytes(mint))


def metadata_address(mint: Pubkey, *more: bytes) -> Pubkey:
    return Pubkey.find_program_address([b"metadata", bytes(METAPLEX), bytes(mint), *more], METAPLEX)[0]


@dataclass
class Metadata:
    """A Metaplex metadata account; the layout is that of Token Metadata's ``Metadata``, Borsh."""

    mint: Pubkey
    collection: Pubkey | None
    verified: bool = True
    key: int = 4
    name: bytes = b"Warrior".ljust(32, b"\0")
    symbol: bytes = b"WAR".ljust(10, b"\0")
    uri: bytes = b"https://example.org/1.json".ljust(200, b"\0")
    creators: int | None = 1
    nonce: int | None = 255
    standard: int | None = 0

    def pack(self) -> bytes:
        out = bytes([self.key]) + bytes(Pubkey.new_unique()) + bytes(self.mint)
        for text in (self.name, self.symbol, self.uri):
            out += struct.pack("<I", len(text)) + text
        out += struct.pack("<H", 500)
        if self.creators is None:
            out += b"\0"
        else:
            out += b"\1" + struct.pack("<I", self.creators)
            out += b"".join(bytes(Pubkey.new_unique()) + b"\1\x64" for _ in range(self.creators))
        out += b"\0\1"  # primary sale, mutable
        for option in (self.nonce, self.standard):
            out += b"\0" if option is None else bytes([1, option])
        out += b"\0" if self.collection is None else b"\1" + bytes([self.verified]) + bytes(self.collection)
        return out


@dataclass
class Nft:
    """A minted NFT and where it lies."""

    mint: Pubkey
    account: Pubkey
    metadata: Pubkey

    @property
    def link(self) -> Pubkey:
        return link_address(self.mint)


@dataclass
class Dao:
    """Every method but the ``put`` ones sends one transaction and returns what landed."""

    month_s: int = 0
    chain: Chain = field(default_factory=Chain)

    def __post_init__(self) -> None:
        chain = self.chain
        self.mint = chain.put_mint(CONFIG, None)
        self.treasury = chain.put_token_account(self.mint, CONFIG, 1_000_000 * UNIT)
        self.vault = chain.put_token_account(self.mint, CONFIG, 0)
        self.collections = [NOBODY, *(Pubkey.new_unique() for _ in range(5))]
        chain.create(
            "Config",
            CONFIG,
            mint=self.mint,
            vault=self.vault,
            treasury=self.treasury,
            phase=config.PHASE_OPEN,
            month_s=self.month_s,
            genesis_ts=START,
            parameters=[parameters.default_parameter(index) for index in range(32)],
            bump=Pubkey.find_program_address([b"config"], MAI)[1],
        )
        chain.create("Calibration", CALIBRATION, entries=[calibration.default_calibration(i) for i in range(42)])
        chain.create("Governance", GOVERNANCE)
        chain.create("NftRegistry", NFTS, collections=self.collections)
        self.stranger = chain.person()

    def at(self, seconds: int) -> None:
        self.chain.set_time(seconds)

    # What other instructions leave behind

    def put_stake(self, matured: int, **fields: int) -> Keypair:
        """Somebody with a stake, in base units; it counts in the quorum."""
        owner = self.chain.person()
        self.chain.create("Stake", stake_address(owner.pubkey()), owner=owner.pubkey(), matured=matured, **fields)
        staked = self.chain.read("Governance", GOVERNANCE)["staked"] + matured + fields.get("pending", 0)
        self.chain.write("Governance", GOVERNANCE, staked=staked)
        return owner

    def put_model(self, approved: bool) -> Pubkey:
        return self.chain.create("Model", Pubkey.new_unique(), approved=approved, segments=3)

    def put_miner(self, owner: Keypair, device: str = "device", **fields: Any) -> Pubkey:
        name = Pubkey.from_bytes(digest(device))
        address = miner_address(owner.pubkey(), name)
        kept = {"owner": owner.pubkey(), "device": name, "status": registry.MINER_ACTIVE}
        return self.chain.create("Miner", address, **{**kept, **fields})

    def put_nft(
        self, owner: Keypair, tier: int = nfts.NFT_GOLD, decimals: int = 0, supply: int = 1, **changes: Any
    ) -> Nft:
        """An NFT as Metaplex leaves it: its mint's authority is its edition."""
        mint = Pubkey.new_unique()
        authority = changes.pop("authority", metadata_address(mint, b"edition"))
        source = self.chain.put_mint(authority, authority, decimals, supply)
        self.chain.put(mint, bytes(self.chain.svm.get_account(source).data), TOKEN_PROGRAM)
        account = self.chain.put_token_account(mint, owner.pubkey(), 1)
        metadata = metadata_address(mint)
        self.put_metadata(metadata, **{"mint": mint, "collection": self.collections[tier], **changes})
        return Nft(mint, account, metadata)

    def put_metadata(self, address: Pubkey, **fields: Any) -> None:
        self.chain.put(address, Metadata(**fields).pack(), METAPLEX)

    def sell(self, nft: Nft, buyer: Keypair) -> Nft:
        """The NFT leaves its token account for a new one of the buyer's."""
        data = bytearray(self.chain.svm.get_account(nft.account).data)
        data[64:72] = bytes(8)
        self.chain.put(nft.account, bytes(data), TOKEN_PROGRAM)
        return Nft(nft.mint, self.chain.put_token_account(nft.mint, buyer.pubkey(), 1), nft.metadata)

    # NFTs

    def open_link(self, nft: Nft, **accounts: Pubkey) -> Landed:
        keys = {"payer": self.stranger.pubkey(), "nfts": NFTS, "mint": nft.mint, "metadata": nft.metadata}
        keys |= {"link": nft.link, **accounts}
        return self.chain.send(self.stranger, self.chain.instruction("open_nft_link", keys))

    def link(self, owner: Keypair, miner: Pubkey, nft: Nft, **accounts: Pubkey) -> Landed:
        keys = {"owner": owner.pubkey(), "config": CONFIG, "nfts": NFTS, "miner": miner, "link": nft.link}
        keys |= {"nft_account": nft.account, **accounts}
        return self.chain.send(owner, self.chain.instruction("link_nft", keys))

    def move(self, owner: Keypair, previous: Pubkey, miner: Pubkey, nft: Nft, **accounts: Pubkey) -> Landed:
        keys = {"owner": owner.pubkey(), "config": CONFIG, "nfts": NFTS, "previous": previous, "miner": miner}
        keys |= {"link": nft.link, "nft_account": nft.account, **accounts}
        return self.chain.send(owner, self.chain.instruction("move_nft", keys))

    # The DAO

    def proposal(self, number: int) -> Pubkey:
        return pda(b"proposal", struct.pack("<Q", number))

    def propose(self, owner: Keypair, kind: int = PARAMETER, **changes: Any) -> Landed:
        number = changes.pop("id", self.chain.read("Governance", GOVERNANCE)["proposals"])
        accounts = {
            "owner": owner.pubkey(),
            "config": CONFIG,
            "calibration": CALIBRATION,
            "governance": GOVERNANCE,
            "nfts": NFTS,
            "stake": changes.pop("stake", stake_address(owner.pubkey())),
            "proposal": self.proposal(number),
        }
        arguments = {"id": number, "kind": kind, "index": 0, "target": NOBODY, "value": 0, "text": TEXT, **changes}
        return self.chain.send(owner, self.chain.instruction("propose", accounts, arguments))

    def proposed(self, owner: Keypair, kind: int = PARAMETER, **changes: Any) -> Pubkey:
        """The address of a new proposal."""
        return Pubkey.from_string(str(self.propose(owner, kind, **changes).events["ProposalMade"]["proposal"]))

    def vote(self, owner: Keypair, proposal: Pubkey, approves: bool = True, **accounts: Pubkey) -> Landed:
        keys = {"owner": owner.pubkey(), "config": CONFIG, "proposal": proposal, **self._ballot(owner, proposal)}
        return self.chain.send(owner, self.chain.instruction("vote", {**keys, **accounts}, {"approves": approves}))

    def vote_early(
        self, owner: Keypair, proposal: Pubkey, nft: Nft, approves: bool = True, **accounts: Pubkey
    ) -> Landed:
        keys = {"owner": owner.pubkey(), "config": CONFIG, "nfts": NFTS, "proposal": proposal, "link": nft.link}
        keys |= {"nft_account": nft.account, **self._ballot(owner, proposal), **accounts}
        return self.chain.send(owner, self.chain.instruction("vote_early", keys, {"approves": approves}))

    def deny(self, owner: Keypair, proposal: Pubkey, **accounts: Pubkey) -> Landed:
        keys = {"owner": owner.pubkey(), "proposal": proposal, **self._ballot(owner, proposal), **accounts}
        return self.chain.send(owner, self.chain.instruction("deny", keys))

    def _ballot(self, owner: Keypair, proposal: Pubkey) -> dict[str, Pubkey]:
        return {"stake": stake_address(owner.pubkey()), "vote": vote_address(proposal, owner.pubkey())}

    def execute(self, proposal: Pubkey, kind: int = PARAMETER, **accounts: Pubkey) -> Landed:
        """By somebody who has nothing to do with it."""
        keys = {"caller": self.stranger.pubkey(), "config": CONFIG, "calibration": CALIBRATION, "nfts": NFTS}
        target = self.chain.read("Proposal", proposal)["target"]
        keys |= {"treasury": self.treasury, "recipient": target, "model": target, "proposal": proposal, **accounts}
        return self.chain.send(self.stranger, self.chain.instruction(EXECUTIONS[kind], keys))

    def approved(self, voters: list[Keypair], proposer: Keypair, kind: int = PARAMETER, **changes: Any) -> Pubkey:
        """A proposal that everybody approves, at the moment from which on it can be executed."""
        proposal = self.proposed(proposer, kind, **changes)
        for voter in voters:
            self.vote(voter, proposal)
        self.at(self.chain.read("Proposal", proposal)["executable_ts"])
        return proposal

    def parameter(self, index: int) -> int:
        return int(self.chain.read("Config", CONFIG)["parameters"][index])


def advanced(dao: Dao) -> Keypair:
    """A stake that may propose anything and alone makes every quorum."""
    return dao.put_stake(staking.ADVANCED_STAKE)


def times(dao: Dao, proposal: Pubkey) -> tuple[int, int, int, int]:
    """When voting ends, denials end, execution begins and execution ends."""
    fields = dao.chain.read("Proposal", proposal)
    return tuple(fields[name] for name in ("voting_ends_ts", "denials_end_ts", "executable_ts", "expires_ts"))  # type: ignore[return-value]


def with_changes(dao: Dao, changes: dict[int, int]) -> list[int]:
    """The parameters with some of them changed, by index."""
    values = list(dao.chain.read("Config", CONFIG)["parameters"])
    for index, value in changes.items():
        values[index] = value
    return values
