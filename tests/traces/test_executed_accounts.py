"""Wrong accounts at every place of the instructions on constants, values and operations: each is refused by name."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from mai_zk.trace import executed
from mai_zk.trace.executed import Top
from solders.instruction import AccountMeta, Instruction
from solders.keypair import Keypair
from solders.pubkey import Pubkey
from traces.executed_world import Bench, bases, integers
from traces.world import refused

NUMBERS = integers(5, -6, 7)
LOGITS = executed.opening(Top(3), 0, (NUMBERS,), Top(3).run(0, NUMBERS, executed.NOTHING))


@dataclass(frozen=True)
class Scene:
    """Every call in its right form, and accounts of every type that are at other places in them."""

    bench: Bench
    calls: dict[str, Instruction]
    accounts: tuple[Pubkey, ...]


@pytest.fixture(scope="module")
def scene() -> Scene:
    bench = Bench()
    me, program = bench.client.payer.pubkey(), bench.program
    base, values, opening = bench.begin(NUMBERS)
    unsealed, manifest = bench.constants(b"unsealed", sealed=0), bench.constants(b"manifest", sealed=1)
    logits = bench.opening(LOGITS)
    nonce = next(bench.nonces)
    address, bump = bench.client.values_address(nonce)
    create = {"nonce": nonce, "digest": [0] * 32, "offset": 0, "count": 3, "bump": bump}
    named = {
        "seal_constants": ({"authority": me, "constants": unsealed}, {}),
        "create_values": ({"authority": me, "values": address, "bases": base}, create),
        "bind": (
            {"authority": me, "values": values, "opening": opening, "bases": base},
            {"start": 0, "count": 3, "bits": 4},
        ),
        "check_operation": ({"constants": base, "opening": logits}, {}),
    }
    calls = {name: program.instruction(name, accounts, arguments) for name, (accounts, arguments) in named.items()}
    # A place that only reads takes any constants, and an operation without constants does not look into them.
    kinds = (values, opening, manifest, Keypair().pubkey(), bench.put(b"short"), bench.put(bytes(400)), program.address)
    return Scene(bench, calls, kinds)


NAMES = ("seal_constants", "create_values", "bind", "check_operation")


def simulated(scene: Scene, call: Instruction) -> str | None:
    bench = scene.bench
    return refused(lambda: bench.chain.simulate([call], [bench.client.payer]))


@pytest.mark.parametrize("name", NAMES)
def test_wrong_accounts_are_refused_by_name(scene: Scene, name: str) -> None:
    call = scene.calls[name]
    assert simulated(scene, call) in {None, "HashMismatch"}  # what is not sealed has bytes of its own name only
    tried = 0
    for index, meta in enumerate(call.accounts):
        for address in {*scene.accounts, *(other.pubkey for other in call.accounts)} - {meta.pubkey}:
            if meta.is_signer:
                continue
            accounts = list(call.accounts)
            accounts[index] = AccountMeta(address, False, meta.is_writable)
            found = simulated(scene, Instruction(call.program_id, call.data, accounts))
            assert found in scene.bench.program.errors, (name, index, address, found)
            tried += 1
    assert tried >= 6


@pytest.mark.parametrize("name", NAMES)
def test_flags_and_counts(scene: Scene, name: str) -> None:
    call = scene.calls[name]
    for index, meta in enumerate(call.accounts):
        accounts = list(call.accounts)
        if meta.is_writable and not meta.is_signer:
            accounts[index] = AccountMeta(meta.pubkey, meta.is_signer, False)
            assert simulated(scene, Instruction(call.program_id, call.data, accounts)) == "NotWritable"
    more = [*call.accounts, AccountMeta(Keypair().pubkey(), False, False)]
    assert simulated(scene, Instruction(call.program_id, call.data, more)) == "AccountCount"
    assert simulated(scene, Instruction(call.program_id, call.data, list(call.accounts)[:-1])) == "AccountCount"
    assert simulated(scene, Instruction(call.program_id, call.data + b"\0", list(call.accounts))) == "BadArguments"


@pytest.mark.parametrize("name", ["seal_constants", "create_values", "bind"])
def test_the_authority_signs(scene: Scene, name: str) -> None:
    call, stranger = scene.calls[name], scene.bench.new_client().payer
    accounts = [AccountMeta(call.accounts[0].pubkey, False, call.accounts[0].is_writable), *call.accounts[1:]]
    unsigned = Instruction(call.program_id, call.data, accounts)
    found = refused(lambda: scene.bench.chain.simulate([unsigned], [stranger]))
    assert found == "MissingSigner"


@pytest.mark.parametrize("sealed", [0, 1])
def test_the_bases_of_a_values_account_are_sealed(scene: Scene, sealed: int) -> None:
    bench = scene.bench
    account = bench.constants(bases()[: 192 + 64 * sealed], sealed=sealed)
    nonce, digest = next(bench.nonces), executed.values_digest(NUMBERS)
    found = refused(lambda: bench.client.create_values(nonce, digest, account, offset=0, count=3))
    assert found == "ConstantsNotSealed"
