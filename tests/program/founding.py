"""A network being made: both loaders, a real presale mint, a real multisig, and every step of genesis."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import Any

from mai.chain.loader import LOADER, program_data_address
from program.chain import MAI, OUT, VERIFIER, Chain, Landed
from program.network import CHAIN_ID, CONFIG, MINT, RATE_FLOOR, SRS, named, pda
from program.presale import Presale
from solders.account import Account
from solders.instruction import Instruction
from solders.keypair import Keypair
from solders.pubkey import Pubkey

CALIBRATION, EMISSION, GOVERNANCE, NFTS, VAULT, TREASURY = (
    pda(name) for name in (b"calibration", b"emission", b"governance", b"nfts", b"vault", b"treasury")
)
MONTH_S = 30 * 86_400
ARGUMENTS = {"chain_id": CHAIN_ID, "month_s": MONTH_S, "rate_floor": RATE_FLOOR, **named("srs", SRS)}
PROGRAMS = {"mai": MAI, "verifier": VERIFIER}


@dataclass
class Founding(Presale):
    """Nothing is made yet. A method sends one transaction; keyword arguments change its accounts or arguments."""

    chain: Chain = field(default_factory=Chain)

    def __post_init__(self) -> None:
        self.admin, self.anyone = self.chain.person(), self.chain.person()
        self.mint = MINT

    # The chain

    def upgradeable(self, name: str, authority: Pubkey | None) -> None:
        """The program as the upgradeable loader leaves it: its code in an account of its own, with an authority."""
        code, address = (OUT / f"{name}.so").read_bytes(), PROGRAMS[name]
        data = program_data_address(address)
        header = struct.pack("<IQB", 3, 0, authority is not None) + bytes(authority or Pubkey.default())
        self.chain.svm.set_account(data, Account(10**11, header + code, LOADER))
        program = Account(10**9, struct.pack("<I", 2) + bytes(data), LOADER, executable=True)
        self.chain.svm.set_account(address, program)

    def submit(self, instructions: list[Instruction], signers: list[Keypair]) -> Landed:
        return self.chain.send(self.anyone, *instructions, cosigners=signers)

    def rent(self, size: int) -> int:
        return int(self.chain.svm.minimum_balance_for_rent_exemption(size))

    def person(self) -> Keypair:
        return self.chain.person()

    # Steps

    def step(self, name: str, signer: Keypair, accounts: dict[str, Pubkey], changes: dict[str, Any]) -> Landed:
        wanted = self.chain.parameters(name)
        first = wanted[0]
        given = {first: signer.pubkey(), "config": CONFIG, **accounts}
        arguments = {key: changes.pop(key) for key in list(changes) if key not in wanted}
        return self.chain.send(signer, self.chain.instruction(name, {**given, **changes}, arguments))

    def _creator(self) -> dict[str, Pubkey]:
        return {"verifier_program": VERIFIER, "program_account": MAI, "program_data": program_data_address(MAI)}

    def genesis(self, signer: Keypair | None = None, **changes: Any) -> Landed:
        accounts = {"mint": MINT, **self._creator()}
        return self.step("genesis", signer or self.admin, accounts, {**ARGUMENTS, **changes})

    def adopt(self, signer: Keypair | None = None, **changes: Any) -> Landed:
        accounts = {"mint": self.mint, "multisig": self.multi, **self._creator()}
        return self.step("genesis_adopt", signer or self.admin, accounts, {**ARGUMENTS, **changes})

    def open_state(self, **changes: Any) -> Landed:
        return self.step("open_state", self.anyone, {"calibration": CALIBRATION, "emission": EMISSION}, changes)

    def open_governance(self, **changes: Any) -> Landed:
        return self.step("open_governance", self.anyone, {"governance": GOVERNANCE, "nfts": NFTS}, changes)

    def open_vault(self, **changes: Any) -> Landed:
        return self.step("open_vault", self.anyone, {"mint": self.mint, "vault": VAULT}, changes)

    def open_treasury(self, **changes: Any) -> Landed:
        return self.step("open_treasury", self.anyone, {"mint": self.mint, "treasury": TREASURY}, changes)

    def open_accounts(self) -> None:
        """Everything that anyone may open."""
        for opening in (self.open_state, self.open_governance, self.open_vault, self.open_treasury):
            opening()

    def set_collection(self, tier: int, collection: Pubkey, signer: Keypair | None = None) -> Landed:
        changes = {"tier": tier, "collection": collection}
        return self.step("set_collection", signer or self.admin, {"nfts": NFTS}, changes)

    def hand_over(self, **changes: Any) -> Landed:
        return self.step("hand_over", self.anyone, {"mint": self.mint}, changes)

    def open_mining(self, signer: Keypair | None = None, **changes: Any) -> Landed:
        accounts = {
            "emission": EMISSION,
            "governance": GOVERNANCE,
            "mint": self.mint,
            "mai_program": MAI,
            "mai_data": program_data_address(MAI),
            "verifier_program": VERIFIER,
            "verifier_data": program_data_address(VERIFIER),
        }
        return self.step("open_mining", signer or self.admin, accounts, changes)

    def config(self) -> dict[str, Any]:
        return self.chain.read("Config", CONFIG)


def new() -> Founding:
    """Both programs upgradeable by the admin, who has made a network with a new mint and its accounts."""
    founding = deployed()
    founding.genesis()
    founding.open_accounts()
    return founding


def deployed() -> Founding:
    """Both programs upgradeable by the admin."""
    founding = Founding()
    for name in PROGRAMS:
        founding.upgradeable(name, founding.admin.pubkey())
    return founding


def frozen() -> Founding:
    """Both programs upgradeable by the admin; a presale that is frozen in the hands of its multisig."""
    founding = deployed()
    founding.presale()
    founding.freeze()
    return founding


def adopted() -> Founding:
    """The presale's mint adopted, the accounts open; nothing is handed over."""
    founding = frozen()
    founding.adopt()
    founding.open_accounts()
    return founding
