"""The substitution matrix: every account of every instruction, replaced by every other there is. About 10 s.

Nothing but what the tables below allow may succeed, every refusal has a name, and nobody's accounts change.
"""

from __future__ import annotations

import re

import pytest
from attacks.policy import Call, World, genesis_call
from program.chain import MAI, VERIFIER, WELL_KNOWN, Refused
from program.network import CONFIG, MINT, Network
from solders.instruction import AccountMeta
from solders.pubkey import Pubkey

INSTRUCTIONS = (
    *("register_miner", "register_model", "open_spent_record", "post_task", "fund_task"),
    *("commit_work", "settle", "quote"),
)
# Whoever signs may pay, ask on any unpaid input of the model, and work on any open task of the model.
PEOPLE = {"owner", "requester", "rival", "admin", "sponsor"}
UNPAID = {"this record", "other record", "rival's record", "open record"}
FREE_CHOICE = {
    ("open_spent_record", "payer"): PEOPLE,
    ("quote", "payer"): PEOPLE,
    ("post_task", "spent_record"): UNPAID,
    ("commit_work", "task"): {"rival's open task"},
}
# The name that must be there at least once: it shows that the parameter's own check was reached, and not another's.
OWN_CHECK = {
    ("register_miner", "owner"): "ConstraintSeeds",
    ("register_miner", "miner"): "ConstraintSeeds",
    ("register_model", "authority"): "NotAuthority",
    ("register_model", "config"): "AccountDiscriminatorMismatch",
    ("register_model", "model"): "ConstraintSeeds",
    ("open_spent_record", "payer"): "AccountNotSigner",
    ("open_spent_record", "config"): "AccountDiscriminatorMismatch",
    ("open_spent_record", "model"): "ConstraintSeeds",
    ("open_spent_record", "spent_record"): "ConstraintSeeds",
    ("post_task", "requester"): "ConstraintSeeds",
    ("post_task", "model"): "WrongSpentRecord",
    ("post_task", "spent_record"): "WrongSpentRecord",
    ("post_task", "task"): "ConstraintSeeds",
    ("fund_task", "requester"): "NotRequester",
    ("fund_task", "config"): "AccountDiscriminatorMismatch",
    ("fund_task", "mint"): "WrongFeeMint",
    ("fund_task", "token_account"): "NotFeeOwner",
    ("fund_task", "task"): "NotRequester",
    ("commit_work", "owner"): "NotMinerOwner",
    ("commit_work", "miner"): "ConstraintSeeds",
    ("commit_work", "model"): "WrongTaskModel",
    ("commit_work", "task"): "TaskAlreadyAssigned",
    ("commit_work", "work"): "ConstraintSeeds",
    ("settle", "owner"): "NotOwner",
    ("settle", "config"): "AccountDiscriminatorMismatch",
    ("settle", "mint"): "WrongMint",
    ("settle", "miner"): "NotOwner",
    ("settle", "model"): "WrongModel",
    ("settle", "task"): "WrongTask",
    ("settle", "work"): "WrongMiner",
    ("settle", "spent_record"): "WrongRecord",
    ("settle", "token_account"): "WrongTokenOwner",
    ("settle", "verifier_program"): "WrongVerifier",
    ("settle", "receipt"): "ClaimerMismatch",
    ("quote", "payer"): "AccountNotSigner",
}
WELL_KNOWN_CHECK = dict.fromkeys(("system_program", "token_program"), "InvalidProgramId") | dict.fromkeys(
    ("clock", "rent"), "AccountSysvarMismatch"
)
NAME = re.compile(r"(?!Transaction)[A-Z][A-Za-z]+")


@pytest.fixture(scope="module")
def world() -> World:
    return World()


def refusal_of(world: World, call: Call, metas: dict[str, AccountMeta]) -> str:
    with pytest.raises(Refused) as caught:
        world.run(call, metas)
    assert NAME.fullmatch(caught.value.name), caught.value
    return caught.value.name


@pytest.mark.parametrize("name", INSTRUCTIONS)
def test_no_other_account_will_do(world: World, name: str) -> None:
    call = world.calls()[name]
    metas = world.metas(call)
    before = world.state()
    for parameter, meta in metas.items():
        free = FREE_CHOICE.get((name, parameter), set())
        names = set()
        for label, address in world.pool.items():
            if address != meta.pubkey and label not in free:
                try:
                    names.add(refusal_of(world, call, metas | {parameter: world.replaced(meta, address)}))
                except BaseException as error:
                    error.add_note(f"{name}: {parameter} replaced by {label}")
                    raise
        expected = WELL_KNOWN_CHECK.get(parameter) or OWN_CHECK[name, parameter]
        assert expected in names, (parameter, names)
    assert world.state() == before


@pytest.mark.parametrize("name", INSTRUCTIONS)
def test_the_free_choices_are_real_and_so_is_the_control(name: str) -> None:
    for key, labels in FREE_CHOICE.items():
        for label in labels if key[0] == name else ():
            world = World()
            call = world.calls()[name]
            metas = world.metas(call)
            world.run(call, metas | {key[1]: world.replaced(metas[key[1]], world.pool[label])})
    world = World()
    call = world.calls()[name]
    world.run(call, world.metas(call))


@pytest.mark.parametrize("name", INSTRUCTIONS)
def test_signatures_and_write_locks_cannot_be_left_out(world: World, name: str) -> None:
    call = world.calls()[name]
    metas = world.metas(call)
    before = world.state()
    for parameter, meta in metas.items():
        if meta.is_signer:
            unsigned = AccountMeta(meta.pubkey, False, meta.is_writable)
            assert refusal_of(world, call, metas | {parameter: unsigned}) == "AccountNotSigner", parameter
        if meta.is_writable:
            locked = AccountMeta(meta.pubkey, meta.is_signer, False)
            with pytest.raises(Refused) as caught:
                world.run(call, metas | {parameter: locked})
            refused_as = caught.value.name
            # An account to be created is refused by the runtime, before Anchor comes to its constraint.
            assert refused_as == "ConstraintMut" or "PrivilegeEscalation" in refused_as, parameter
    for count in range(len(metas)):
        short = dict(list(metas.items())[:count])
        assert refusal_of(world, call, short) == "AccountNotEnoughKeys"
    assert world.state() == before


@pytest.mark.parametrize("name", INSTRUCTIONS)
def test_the_same_account_for_two_parameters(world: World, name: str) -> None:
    call = world.calls()[name]
    metas = world.metas(call)
    before = world.state()
    for parameter, meta in metas.items():
        for twin in metas.values():
            if twin.pubkey != meta.pubkey:
                refusal_of(world, call, metas | {parameter: world.replaced(meta, twin.pubkey)})
    assert world.state() == before


@pytest.mark.parametrize("adopt", [False, True])
def test_genesis_takes_no_other_account(adopt: bool) -> None:
    network = Network()
    chain = network.chain
    call = genesis_call(network, adopt=adopt)
    accounts = chain.instruction(call.name, call.accounts, call.arguments)
    names = chain.parameters(call.name)
    forged = Pubkey.new_unique()
    chain.put(forged, bytes(400), MAI)
    pool = {
        **{label: Pubkey.from_string(address) for label, address in WELL_KNOWN.items()},
        **{"mai": MAI, "verifier": VERIFIER, "config": CONFIG, "mint": MINT, "nothing": Pubkey.new_unique()},
        **{"zeroes of the program": forged, "foreign mint": chain.put_mint(Pubkey.new_unique(), None)},
        "wallet": chain.put_token_account(MINT, network.owner.pubkey()),
    }
    sponsor = chain.person()
    for at, meta in enumerate(accounts.accounts):
        for label, address in pool.items():
            if address == meta.pubkey or names[at] == "verifier_program":
                continue
            metas = list(accounts.accounts)
            metas[at] = AccountMeta(address, False, meta.is_writable)
            cosigners = [] if names[at] == "authority" else [network.admin]
            with pytest.raises(Refused) as caught:
                chain.send(sponsor, type(accounts)(MAI, accounts.data, metas), cosigners=cosigners)
            assert NAME.fullmatch(caught.value.name), (names[at], label, caught.value)
    assert chain.svm.get_account(CONFIG) is None
    chain.send(sponsor, accounts, cosigners=[network.admin])
    assert chain.read("Config", CONFIG)["authority"] == network.admin.pubkey()
