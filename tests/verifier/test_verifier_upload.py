"""`extend` and `write`."""

import pytest
from solders.instruction import Instruction
from solders.pubkey import Pubkey
from verifier.chain import (
    KEY_HEADER,
    PROGRAM,
    PROOF_HEADER,
    Chain,
    instruction,
    ix_create_proof,
    ix_extend,
    ix_seal_key,
    ix_write,
    keccak,
    key_address,
    proof_address,
    unused,
)
from verifier.circuit import Circuit

LARGE = 25_000


def _proof(chain: Chain, size: int) -> Pubkey:
    me = chain.payer.pubkey()
    address, bump = proof_address(me, 1)
    chain.run(ix_create_proof(me, address, 1, size, bump))
    return address


def test_extend_grows_in_steps_to_the_full_size(chain: Chain) -> None:
    me, proof = chain.payer.pubkey(), _proof(chain, LARGE)
    sizes = []
    for _ in range(2):
        chain.run(ix_extend(me, proof))
        sizes.append(len(chain.data(proof)))
    assert sizes == [20_480, PROOF_HEADER.size + LARGE]
    assert chain.send(ix_extend(me, proof)).refused == "AccountComplete"


def test_a_key_goes_up_in_chunks(chain: Chain, linear4: Circuit) -> None:
    address = chain.create_key(linear4.blob)
    assert chain.data(address)[KEY_HEADER.size :] == linear4.blob
    chain.run(ix_seal_key(chain.payer.pubkey(), address))


def test_write_changes_only_its_range(chain: Chain) -> None:
    me, proof = chain.payer.pubkey(), _proof(chain, 100)
    header = chain.data(proof)[: PROOF_HEADER.size]
    chain.run(ix_write(me, proof, 10, b"abc"))
    chain.run(ix_write(me, proof, 97, b"xyz"))
    chain.run(ix_write(me, proof, 100, b""))
    assert chain.data(proof) == header + bytes(10) + b"abc" + bytes(84) + b"xyz"


@pytest.mark.parametrize(("offset", "length"), [(98, 3), (100, 1), (101, 0), (2**32 - 1, 1), (2**32 - 3, 100)])
def test_write_out_of_bounds(chain: Chain, offset: int, length: int) -> None:
    proof = _proof(chain, 100)
    assert chain.send(ix_write(chain.payer.pubkey(), proof, offset, bytes(length))).refused == "WriteOutOfBounds"
    chain.run(ix_write(chain.payer.pubkey(), proof, 97, bytes(3)))


def test_write_ends_at_what_is_allocated(chain: Chain) -> None:
    proof = _proof(chain, LARGE)
    end = 10_240 - PROOF_HEADER.size
    assert chain.send(ix_write(chain.payer.pubkey(), proof, end, b"a")).refused == "WriteOutOfBounds"
    chain.run(ix_write(chain.payer.pubkey(), proof, end - 1, b"a"))


def test_write_arguments(chain: Chain) -> None:
    good = ix_write(chain.payer.pubkey(), _proof(chain, 100), 0, b"abc")
    for data in (good.data + b"\0", good.data[:-1], good.data[:14]):
        assert chain.send(Instruction(PROGRAM, data, good.accounts)).refused == "BadArguments"
    chain.run(good)


@pytest.mark.parametrize("name", ["extend", "write"])
def test_authority(chain: Chain, name: str) -> None:
    proof, stranger, me = _proof(chain, LARGE), chain.funded(), chain.payer.pubkey()
    arguments = b"" if name == "extend" else bytes(8)

    def refused(authority: tuple[Pubkey, str], account: tuple[Pubkey, str]) -> str | None:
        return chain.send(instruction(name, [authority, account], arguments), signers=[stranger]).refused

    assert refused((stranger.pubkey(), "s"), (proof, "w")) == "WrongAuthority"
    assert refused((stranger.pubkey(), "s"), (proof, "")) == "NotWritable"
    assert refused((unused(), ""), (proof, "w")) == "MissingSigner"
    assert refused((me, "s"), (me, "sw")) == "DuplicateAccount"
    assert chain.send(instruction(name, [(me, "s")], arguments)).refused == "AccountCount"
    assert refused((me, "s"), (proof, "w")) is None


@pytest.mark.parametrize("name", ["extend", "write"])
def test_a_sealed_key_never_changes(chain: Chain, linear4: Circuit, name: str) -> None:
    me = chain.payer.pubkey()
    key = chain.sealed_key(linear4.blob)
    build = ix_extend(me, key) if name == "extend" else ix_write(me, key, 0, b"a")
    assert chain.send(build).refused == "KeySealed"
    assert key == key_address(me, keccak(linear4.blob))[0]
