"""A transaction in words, as a dry run and the signing page show it; whatever its bytes are."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from mai.chain import artifacts
from mai.chain.explain import explain
from mai.chain.loader import LOADER, write
from mai.chain.transaction import compiled, may_write
from mai.cli.connect import known_programs
from solders.hash import Hash
from solders.instruction import AccountMeta, Instruction
from solders.keypair import Keypair
from solders.pubkey import Pubkey
from solders.system_program import ID as SYSTEM
from solders.system_program import TransferParams, transfer
from spl.token.constants import TOKEN_PROGRAM_ID

PAYER = Keypair().pubkey()
POLICY = artifacts.program("mai")


def test_names_amounts_and_accounts() -> None:
    others = {name: Pubkey.new_unique() for name in POLICY.accounts_of("deposit_stake") if name != "token_program"}
    deposit = POLICY.instruction("deposit_stake", {**others, "owner": PAYER}, {"amount": 1_500_000_000})
    to = Pubkey.new_unique()
    gift = transfer(TransferParams(from_pubkey=PAYER, to_pubkey=to, lamports=12_345))
    message = compiled([deposit, gift, write(to, PAYER, 960, b"x" * 5)], PAYER, Hash.default(), unit_price=7)
    limit, price, staked, given_away, written = explain(message, known_programs())
    assert (limit.name, limit.arguments) == ("set_compute_unit_limit", {"units": "1,400,000"})
    assert (price.name, price.arguments) == ("set_compute_unit_price", {"micro_lamports": "7"})
    assert (staked.program, staked.name, staked.arguments) == ("mai", "deposit_stake", {"amount": "1.5 MAI"})
    assert {part.label: part.address for part in staked.accounts} == {
        **{name: str(address) for name, address in others.items()},
        "owner": str(PAYER),
        "token_program": str(TOKEN_PROGRAM_ID),
    }
    assert [part.label for part in staked.accounts if part.signs] == ["owner"]
    assert (given_away.name, given_away.arguments) == ("transfer", {"lamports": "12,345"})
    assert [(part.label, part.address, part.writable) for part in given_away.accounts] == [
        ("from", str(PAYER), True),
        ("to", str(to), True),
    ]
    assert (written.program, written.arguments) == ("upgradeable loader", {"offset": "960", "bytes": "5"})


def test_what_is_not_known_is_said() -> None:
    stranger = Pubkey.new_unique()
    (_, call) = explain(compiled([Instruction(stranger, b"\1" * 100, [])], PAYER, Hash.default()), known_programs())
    assert (call.program, call.name) == (str(stranger), "unknown")
    assert call.arguments == {"data": f"{'01' * 64} and 36 bytes more"}


@given(st.sampled_from([SYSTEM, LOADER, TOKEN_PROGRAM_ID, POLICY.address]), st.binary(max_size=80))
def test_no_bytes_break_it(program: Pubkey, data: bytes) -> None:
    instruction = Instruction(program, data, [AccountMeta(PAYER, True, True)])
    (_, call) = explain(compiled([instruction], PAYER, Hash.default()), known_programs())
    assert call.name


@given(st.lists(st.tuples(st.booleans(), st.booleans()), max_size=6))
def test_who_may_be_changed(kinds: list[tuple[bool, bool]]) -> None:
    metas = [AccountMeta(Pubkey.new_unique(), signs, writable) for signs, writable in kinds]
    message = compiled([Instruction(POLICY.address, b"", metas)], PAYER, Hash.default())
    changed = {key for key, may in zip(message.account_keys, may_write(message), strict=True) if may}
    assert changed == {PAYER, *(meta.pubkey for meta in metas if meta.is_writable)}
