"""What an instruction takes in another account's place, why, and that it does no harm.

An accepted attack must be one of these, and its outcome must be that of a call that passes: this one, but for the keys
that were swapped, or the other's own.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from attacks.generate import Attack, Outcome, type_of
from attacks.recorder import Recorder, State
from program.chain import MAI, TOKEN_PROGRAM, VERIFIER
from program.network import CONFIG
from solders.account import Account
from solders.pubkey import Pubkey

ANYBODY = {"caller", "payer", "reporter"}
# Whose one of the program's accounts is.
OWNER = {"Miner": "owner", "Task": "requester", "Offence": "owner"}
# What an instruction does to anything that is due, for whoever calls.
DUE = {
    "draw_check": {"check"}, "redraw_task": {"task"}, "expire_task": {"task"}, "execute_parameter": {"proposal"},
    "execute_calibration": {"proposal"}, "execute_model": {"proposal"}, "execute_treasury": {"proposal"},
    "execute_collection": {"proposal"}, "vote_early": {"proposal", "vote"}, "decide_check": {"owner", "stake"},
    "count_power": {"miner"},
}  # fmt: skip
NFT = {"link", "nft_account", "previous"}
Takes = Callable[[Attack, str], bool]
Harmless = Callable[[Attack, Outcome, Sequence[Outcome]], bool]


@dataclass(frozen=True)
class Rule:
    """`takes` says of a replaced parameter whether the rule allows it, `harmless` of what happened whether it may."""

    name: str
    reason: str
    takes: Takes
    harmless: Harmless


# What is taken


def _replaced(attack: Attack, parameter: str) -> tuple[Pubkey, Pubkey]:
    return attack.call.metas[parameter].pubkey, attack.changes[parameter].pubkey


def _anybody(attack: Attack, parameter: str) -> bool:
    return parameter in ANYBODY and attack.changes[parameter].is_signer


def _own(attack: Attack, parameter: str) -> bool:
    """The same person's: a token account of the same mint, or one of the program's accounts."""
    chain, (old, new) = attack.call.chain, _replaced(attack, parameter)
    kind = type_of(chain, old)
    if kind != type_of(chain, new) or _unique(attack, parameter):
        return False
    if kind == "token account":
        return bytes(chain.svm.get_account(old).data)[:64] == bytes(chain.svm.get_account(new).data)[:64]
    return kind in OWNER and chain.read(kind, old)[OWNER[kind]] == chain.read(kind, new)[OWNER[kind]]


def _own_nft(attack: Attack, parameter: str) -> bool:
    """The link and the token account are of one NFT, which the signer holds."""
    if parameter not in NFT or not {"link", "nft_account"} <= attack.changes.keys():
        return False
    chain, account = attack.call.chain, attack.changes["nft_account"].pubkey
    mint, holder = _pair(chain, account)
    link = chain.read("NftLink", attack.changes["link"].pubkey)
    previous = attack.changes.get("previous")
    counted = previous is None or link["miner"] == previous.pubkey
    return counted and (mint, holder) == (link["mint"], attack.call.metas["owner"].pubkey)


def _due(attack: Attack, parameter: str) -> bool:
    return parameter in DUE.get(attack.call.name, ()) and attack.kind != "look-alike"


def _input(attack: Attack, parameter: str) -> bool:
    return attack.call.name == "post_task" and attack.changes.keys() == {"model", "spent_record"}


def _answered(attack: Attack, parameter: str) -> bool:
    """The model is whoever answers's to choose, and so is the device with its answer, of his own."""
    if attack.call.name != "answer_muster":
        return False
    chain, given = attack.call.chain, attack.call.metas | attack.changes
    miner, owner = given["miner"].pubkey, given["owner"].pubkey
    own = type_of(chain, miner) == "Miner" and chain.read("Miner", miner)["owner"] == owner
    return own and parameter in ("owner", "model", "miner", "answer") and not _unique(attack, parameter)


def _bonus(attack: Attack, parameter: str) -> bool:
    return (attack.call.name, parameter) == ("settle", "nft_account")


def _founder(attack: Attack, parameter: str) -> bool:
    chosen = (attack.call.name, parameter)
    return chosen in {("genesis", "verifier_program"), ("genesis_adopt", "verifier_program"), ("genesis_adopt", "mint")}


def _unique(attack: Attack, parameter: str) -> bool:
    account = attack.call.chain.account(attack.changes[parameter].pubkey)
    return attack.kind == "look-alike" and account is not None and account.owner in (MAI, VERIFIER)


# What it does


def _as_any_call(attack: Attack, outcome: Outcome, controls: Sequence[Outcome]) -> bool:
    """The same as this call does, but for the swapped keys, or as another side's own call."""
    swaps = attack.swaps
    for old, new in attack.swaps.items():
        if type_of(attack.call.chain, old) == type_of(attack.call.chain, new) == "token account":
            swaps = swaps | {_pair(attack.call.chain, old)[0]: _pair(attack.call.chain, new)[0]}
    return _same(controls[0].changed, outcome.changed, swaps) or _same_as_other(attack, outcome, controls)


def _nothing_else(attack: Attack, outcome: Outcome, controls: Sequence[Outcome]) -> bool:
    """No account changes that this call does not change."""
    return outcome.changed.keys() <= controls[0].changed.keys() | set(attack.swaps.values())


def _named_in_config(attack: Attack, outcome: Outcome, controls: Sequence[Outcome]) -> bool:
    config = bytes(outcome.changed[CONFIG].data)
    return _nothing_else(attack, outcome, controls) and all(bytes(new) in config for new in attack.swaps.values())


def _pays_at_most(attack: Attack, outcome: Outcome, controls: Sequence[Outcome]) -> bool:
    wallet = attack.call.metas["token_account"].pubkey
    expected, found = (_amount(state.changed[wallet]) for state in (controls[0], outcome))
    return found <= expected and _nothing_else(attack, outcome, controls)


def _not_possible(attack: Attack, outcome: Outcome, controls: Sequence[Outcome]) -> bool:
    return attack.kind == "look-alike"


ALLOWED = (
    Rule("anybody", "Who calls, pays the rent or reports can be anybody; what names him names the signer.",
         _anybody, _as_any_call),
    Rule("no bonus", "Another account than the NFT's shows no NFT: it pays at most the same.", _bonus, _pays_at_most),
    Rule("any answer", "Whoever answers a muster chooses the model, of those that are proved, and a device of his own.",
         _answered, _nothing_else),
    Rule("own", "Another of the signer's own accounts: his to choose, and nothing of anybody else moves.",
         _own, _as_any_call),
    Rule("own NFT", "Another NFT that the signer holds, with its link.", _own_nft, _as_any_call),
    Rule("any due", "Something else, or somebody else, of whom the same is due.", _due, _as_any_call),
    Rule("any input", "Whoever asks chooses the model and the input.", _input, _nothing_else),
    Rule("founder's choice", "Only the upgrade authority can; `NetworkCreated` says it, and `open_mining` refuses a"
         " verifier that is no program and a mint that is not the program's.", _founder, _named_in_config),
    Rule("cannot exist", "Written behind the program's back. On a chain only the program itself makes accounts of its"
         " types, each at the one address of its seeds (`test_look_alikes_cannot_exist`).", _unique, _not_possible),
)  # fmt: skip


def rule_of(attack: Attack, outcome: Outcome, controls: Sequence[Outcome]) -> str:
    """The rule that allows an accepted attack.

    Raises:
        AssertionError: none does, or it did harm.
    """
    if attack.kind == "mixed" and _same_as_other(attack, outcome, controls):
        return "the other's own call"
    rules = {}
    for parameter in attack.changes:
        taken = [rule for rule in ALLOWED if rule.takes(attack, parameter)]
        assert taken, f"accepted without a rule: {attack}"
        rules[taken[0].name] = taken[0]
    for rule in rules.values():
        assert rule.harmless(attack, outcome, controls), f"not harmless as {rule.name}: {attack}"
    return " and ".join(sorted(rules))


def _same_as_other(attack: Attack, outcome: Outcome, controls: Sequence[Outcome]) -> bool:
    """What happened is what another side's own call does, whoever calls."""
    for others, control in zip(attack.call.others, controls[1:], strict=True):
        swaps = {
            others[parameter]: ({**attack.call.metas, **attack.changes})[parameter].pubkey
            for parameter in attack.call.parameters
            if parameter in ANYBODY
        }
        if _same(control.changed, outcome.changed, swaps):
            return True
    return False


def _same(expected: State, found: State, swaps: dict[Pubkey, Pubkey]) -> bool:
    """The same accounts changed to the same, but for the swapped ones, and their keys in the others."""
    apart = {key for pair in swaps.items() if pair[0] != pair[1] for key in pair}
    if expected.keys() - apart != found.keys() - apart:
        return False
    return all(_equal(expected[address], found[address], swaps) for address in expected.keys() - apart)


def _equal(expected: Account, found: Account, swaps: dict[Pubkey, Pubkey]) -> bool:
    wanted = bytearray(expected.data)
    for old, new in swaps.items():
        for at in range(len(wanted) - 31):
            if wanted[at : at + 32] == bytes(old) and bytes(found.data)[at : at + 32] == bytes(new):
                wanted[at : at + 32] = bytes(new)
    return (bytes(wanted), expected.owner, expected.lamports) == (bytes(found.data), found.owner, found.lamports)


def _amount(account: Account) -> int:
    assert account.owner == TOKEN_PROGRAM
    return int(struct.unpack_from("<Q", bytes(account.data), 64)[0])


def _pair(chain: Recorder, token_account: Pubkey) -> tuple[Pubkey, Pubkey]:
    """Mint and holder."""
    data = bytes(chain.svm.get_account(token_account).data)
    return Pubkey.from_bytes(data[:32]), Pubkey.from_bytes(data[32:64])
