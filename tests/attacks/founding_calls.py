"""The instructions of genesis: for each a network that is just about to make that step."""

from __future__ import annotations

from collections.abc import Callable

from attacks.recorder import Recorder
from attacks.world import Accounts, Arguments
from mai.chain.loader import program_data_address
from program.chain import MAI, VERIFIER
from program.founding import ARGUMENTS, CALIBRATION, EMISSION, GOVERNANCE, NFTS, TREASURY, VAULT, Founding
from program.network import CONFIG
from solders.pubkey import Pubkey

Recipe = Callable[[Founding], Arguments]
FOUNDING: dict[str, Recipe] = {}


def step(recipe: Recipe) -> Recipe:
    FOUNDING[recipe.__name__] = recipe
    return recipe


def founding() -> Founding:
    """Both programs are upgradeable: this one by the admin, the verifier by somebody else."""
    made = Founding(Recorder())
    made.upgradeable("mai", made.admin.pubkey())
    made.upgradeable("verifier", made.anyone.pubkey())
    return made


def accounts_of(made: Founding, name: str) -> Accounts:
    """Every parameter by its name; the multisig is there once a presale is."""
    signer = made.chain.parameters(name)[0]
    whose = made.admin if signer == "authority" else made.anyone
    data = {"program": program_data_address(MAI), "verifier": program_data_address(VERIFIER)}
    return {
        signer: whose.pubkey(), "config": CONFIG, "calibration": CALIBRATION, "emission": EMISSION,
        "governance": GOVERNANCE, "nfts": NFTS, "vault": VAULT, "treasury": TREASURY, "mint": made.mint,
        "multisig": getattr(made, "multi", Pubkey.default()), "program_account": MAI, "program_data": data["program"],
        "mai_program": MAI, "mai_data": data["program"], "verifier_program": VERIFIER,
        "verifier_data": data["verifier"],
    }  # fmt: skip


@step
def genesis(made: Founding) -> Arguments:
    return ARGUMENTS


@step
def genesis_adopt(made: Founding) -> Arguments:
    # The first presale is the other one: frozen as well, by other founders.
    for _ in range(2):
        made.presale()
        made.freeze()
    return ARGUMENTS


def _created(made: Founding) -> Arguments:
    made.chain.put_mint(CONFIG, None)
    made.genesis()
    return {}


def _opened(made: Founding) -> Arguments:
    _created(made)
    made.open_accounts()
    return {}


for _name in ("open_state", "open_governance", "open_vault", "open_treasury"):
    FOUNDING[_name] = _created


@step
def set_collection(made: Founding) -> Arguments:
    _opened(made)
    return {"tier": 1, "collection": Pubkey.new_unique()}


@step
def hand_over(made: Founding) -> Arguments:
    # Another mint that is the program's as well.
    made.presale()
    made.freeze()
    made.give_to_program()
    made.presale()
    made.freeze()
    made.adopt()
    made.give_to_program()
    return {}


FOUNDING["open_mining"] = _opened
