"""Stack frames of the built verifier are at most 4,096 bytes; small heaps are an error with a name, never a verdict."""

from __future__ import annotations

import shutil
import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from mai.chain import artifacts
from mai_build.link import STACK_FRAME_BYTES
from mai_zk.field import R, keccak256
from mai_zk.keyprogram import MIN_HEAP, KeyProgram
from solders.pubkey import Pubkey

from campaign.bench import ACCEPTED, Bench
from campaign.cases import bench_for
from campaign.circuits import NAMES
from campaign.keys import CONTEXT, seal
from campaign.pieces import Pieces

FRAME_POINTER = 10
SMALL_HEAP = 0  # none is requested: the runtime gives 32 KiB


# -- frames -------------------------------------------------------------------------------------------------------


def text_section(path: Path) -> bytes:
    """The instructions of an ELF file."""
    data = path.read_bytes()
    (sections,) = struct.unpack_from("<Q", data, 40)
    size, count, names = struct.unpack_from("<3H", data, 58)

    def header(index: int) -> tuple[int, ...]:
        return struct.unpack_from("<IIQQQQ", data, sections + index * size)

    strings = header(names)[4]
    for index in range(count):
        name, _, _, _, offset, length = header(index)
        start = strings + name
        if data[start : data.index(b"\0", start)] == b".text":
            return data[offset : offset + length]
    raise AssertionError("no .text")


def frame_offsets(text: bytes) -> Iterator[int]:
    """Every offset from the frame pointer: of loads and stores, and of addresses taken (mov, then add)."""
    previous = (0, 0, 0)
    for at in range(0, len(text), 8):
        opcode, registers, offset, immediate = struct.unpack_from("<BBhi", text, at)
        target, source = registers & 15, registers >> 4
        kind = opcode & 7
        if (kind == 1 and source == FRAME_POINTER) or (kind in (2, 3) and target == FRAME_POINTER):
            yield offset
        moved, register, pointer = previous
        if opcode == 0x07 and moved == 0xBF and pointer == FRAME_POINTER and register == target:
            yield immediate
        previous = (opcode, target, source)


@pytest.mark.parametrize("program", ["verifier", "mai"])
def test_no_frame_is_longer_than_the_machine_has(program: str) -> None:
    offsets = list(frame_offsets(text_section(artifacts.shared_object(program))))
    assert len(offsets) > 100
    assert max(offsets) <= 0
    assert min(offsets) < -64
    assert -min(offsets) <= STACK_FRAME_BYTES


FRAME = """
target triple = "bpfel"
define i64 @entrypoint(ptr %p) {{
  %frame = alloca [{size} x i8], align 8
  call void @use(ptr %frame)
  ret i64 0
}}
declare void @use(ptr)
"""


def llc() -> str | None:
    """The linker's code generator, where it is installed."""
    return shutil.which("llc-22") or shutil.which("/usr/lib/llvm-22/bin/llc")


@pytest.mark.skipif(llc() is None, reason="the build's LLVM is not installed")
@pytest.mark.parametrize(("size", "fits"), [(4000, True), (4200, False)])
def test_the_build_refuses_longer_frames(tmp_path: Path, size: int, fits: bool) -> None:
    """With the very option that the linker step gives."""
    source = tmp_path / "frame.ll"
    source.write_text(FRAME.format(size=size))
    command = [str(llc()), "-march=bpfel", "-mcpu=v2", f"-bpf-stack-size={STACK_FRAME_BYTES}", "-filetype=obj"]
    done = subprocess.run(
        [*command, str(source), "-o", str(tmp_path / "frame.o")], capture_output=True, text=True, check=False
    )
    assert (done.returncode == 0) == fits, done.stderr
    assert fits or "stack" in done.stderr.lower()


# -- heap ---------------------------------------------------------------------------------------------------------


def checked(bench: Bench, key: Pubkey, payload: bytes, heap: int) -> str:
    """`check` with exactly this heap requested."""
    accounts = {"key": key, "proof": bench.put_proof(payload)}
    call = bench.verifier.program.instruction("check", accounts, {"profile": False})
    return bench.send(call, [bench.verifier.payer], heap=heap)


@pytest.mark.parametrize("name", NAMES)
def test_small_circuits_fit_the_default_heap(name: str) -> None:
    bench = bench_for(name)
    assert bench.key.heap_bytes == MIN_HEAP
    assert checked(bench, bench.key_account, bench.payloads[0], SMALL_HEAP) == ACCEPTED
    wrong = bench.payloads[0][:-1] + bytes([bench.payloads[0][-1] ^ 1])  # proofs, and so their bytes, are random
    assert checked(bench, bench.key_account, wrong, SMALL_HEAP) == "ModulusWrong"


def spread_out(key: KeyProgram, slots: int) -> KeyProgram:
    """The key with so many slots that scalars and challenges lie beyond the default heap."""
    blob = bytearray(key.blob)
    struct.pack_into("<H", blob, 12, slots)
    return KeyProgram.from_bytes(bytes(blob))


@pytest.mark.parametrize("slots", [1400, 5000, 8192])
def test_a_heap_that_was_not_requested_is_an_error_with_a_name(bench: Bench, slots: int) -> None:
    key = spread_out(bench.key, slots)
    assert key.heap_bytes > MIN_HEAP
    miner = bench.miner()
    account = bench.put_key(key.blob, miner.address, keccak256(key.blob))
    assert seal(bench, miner, account) == ACCEPTED
    payload = key.payload(*bench.proofs[0])
    pieces = Pieces.of(key, payload)
    pieces.proofs[0].instances[0] = (pieces.proofs[0].instances[0] + 1) % R
    wrong = key.payload(pieces.proofs[0].instances, bench.proofs[0][1])
    for body, verdict in ((payload, ACCEPTED), (wrong, "ProofInvalid")):
        assert checked(bench, account, body, SMALL_HEAP) == "AccessViolation"
        assert checked(bench, account, body, key.heap_bytes) == verdict
        assert checked(bench, account, body, key.heap_bytes - 1024) in ("AccessViolation", verdict)


@pytest.mark.parametrize("slots", [5000])
def test_no_receipt_without_the_heap(bench: Bench, slots: int) -> None:
    key = spread_out(bench.key, slots)
    miner = bench.miner()
    account = bench.put_key(key.blob, miner.address, keccak256(key.blob))
    assert seal(bench, miner, account) == ACCEPTED
    statement = key.statement(*bench.proofs[0])
    proof = bench.put_proof(key.payload(*bench.proofs[0]), miner.address)
    receipt, bump = miner.verifier.receipt_address(CONTEXT, miner.address, statement.statement)
    accounts = {"claimer": miner.address, "key": account, "proof": proof, "receipt": receipt}
    arguments = {"context": list(CONTEXT), "bumps": bytes([bump]), "profile": False}
    call = bench.verifier.program.instruction("verify", accounts, arguments)
    assert bench.send(call, [miner.keypair], heap=SMALL_HEAP) == "AccessViolation"
    assert bench.chain.account(receipt) is None
    assert bench.send(call, [miner.keypair], heap=key.heap_bytes) == ACCEPTED
    assert bench.chain.account(receipt) is not None
