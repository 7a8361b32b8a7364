"""Hostile verifier artifacts against the key compiler (30 s; 10 s more where EZKL's files are not cached).

An edit of the Solidity text must be refused by name, or leave the very same key (the compiler takes the check's meaning
from its own rules, and the chain enforces it), or give a key with another hash. Nothing may crash or hang.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from mai_zk.compiler import compile_artifact, compile_solidity, compile_vka
from mai_zk.compiler.canonical import canonical
from mai_zk.compiler.compile import read_shape
from mai_zk.compiler.execute import Executor
from mai_zk.compiler.graph import Graph
from mai_zk.compiler.helpers import Layout
from mai_zk.compiler.selfcheck import check_against_source
from mai_zk.compiler.yul import parse_contract
from mai_zk.errors import ZkError
from mai_zk.field import Q
from mai_zk.keyprogram import KeyProgram
from mai_zk.prooffile import read_proof
from verifier.chain import Chain
from verifier.keys import SCAL, S, parse
from verifier.payloads import split
from zk.compiler_circuits import folder


@dataclass(frozen=True)
class Artifact:
    """EZKL's files of the smallest circuit, its key, and an honest payload."""

    folder: Path
    text: str
    key: KeyProgram
    payload: bytes


@pytest.fixture(scope="module")
def honest() -> Artifact:
    path = folder("public")
    text = (path / "verifier.sol").read_text()
    key, proof = compile_solidity(text), read_proof(path / "proof.json")
    return Artifact(path, text, key, key.payload(proof.instances, proof.proof))


def once(text: str, old: str, new: str) -> str:
    assert old in text, old
    return text.replace(old, new, 1)


READ_POINT = "success, proof_cptr, hash_mptr := read_ec_point(success, proof_cptr, hash_mptr, q)"
REVERT = "if iszero(success) {\n                revert(0, 0)\n            }"
PAIRING = "success := ec_pairing("
LEFT = "mload(PAIRING_LHS_X_MPTR),\n                mload(PAIRING_LHS_Y_MPTR)"
RIGHT = LEFT.replace("LHS", "RHS")
UNCHECKED_POINT = (
    "mstore(hash_mptr, calldataload(proof_cptr)) mstore(add(hash_mptr, 0x20), calldataload(add(proof_cptr, 0x20))) "
    "proof_cptr := add(proof_cptr, 0x40) hash_mptr := add(hash_mptr, 0x40)"
)

REFUSED: list[tuple[str, str, str, str]] = [
    ("no curve check", READ_POINT, UNCHECKED_POINT, "does not check point"),
    ("checks forgotten", REVERT, "success := true " + REVERT, "does not check"),
    ("checks forgotten in a block", REVERT, "{ success := true } " + REVERT, "does not check"),
    ("range check commented out", "success := and(success, lt(eval, r))", "// lt(eval, r)", "range word"),
    ("range check in a comment", "success := and(success, lt(instance, r))", "/* lt(instance, r) */", "range instance"),
    ("range below q", "lt(eval, r)", "lt(eval, q)", "applies lt in a way"),
    ("or for and", "success := and(success, lt(eval, r))", "success := or(success, lt(eval, r))", "applies or in a"),
    ("check inverted", "lt(eval, r)", "iszero(lt(eval, r))", "applies and in a way"),
    ("other modulus", "x_n := mulmod(x_n, x_n, r)", "x_n := mulmod(x_n, x_n, q)", "applies mulmod in a way"),
    ("points not absorbed", "hash_mptr := add(hash_mptr, 0x20)\n                }\n\n                let proof_cptr",
     "}\n\n                let proof_cptr", "instance"),
    ("pairing's sides swapped", LEFT + ",\n                " + RIGHT, RIGHT + ", " + LEFT,
     "does not end with the proof's last point"),
    ("early success", "// Perform pairing", "mstore(0, 1) return(0, 0x20)\n//", "does not enforce a pairing"),
    ("pairing twice", "// Revert if anything fails", "success := ec_pairing(success, mload(PAIRING_LHS_X_MPTR), "
     "mload(PAIRING_LHS_Y_MPTR), mload(PAIRING_RHS_X_MPTR), mload(PAIRING_RHS_Y_MPTR))\n//", "more than one pairing"),
    ("pairing's result dropped", PAIRING, "let unused := ec_pairing(", "does not enforce a pairing"),
    ("helper redefined", "// Perform pairing", "function ec_pairing(s, a, b, c, d) -> t { t := s }\n//", "has a body"),
    ("curve sum from another point's y", "calldataload(0x64), calldataload(0x84)", "calldataload(0x64), "
     "calldataload(0xc4)", "coordinates of different points"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "old", "new", "message"), REFUSED, ids=[name for name, *_ in REFUSED])
def test_an_edit_that_removes_a_check(honest: Artifact, name: str, old: str, new: str, message: str) -> None:
    with pytest.raises(ZkError, match=message):
        compile_solidity(once(honest.text, old, new))


def test_edits_whose_meaning_the_compiler_supplies(honest: Artifact) -> None:
    """All at once: another q and r for the helpers, no length check, no early revert, checks forgotten afterwards."""
    text = honest.text.replace(READ_POINT, READ_POINT.replace("hash_mptr, q)", "hash_mptr, 1)"))
    text = text.replace(":= squeeze_challenge_cont(challenge_mptr, r)", ":= squeeze_challenge_cont(challenge_mptr, 1)")
    text = re.sub(r"success := and\(success, eq\(0x\w+, proof\.length\)\)", "", text)
    text = once(text, PAIRING, "success := true\n" + PAIRING)
    text = once(text, "// Return 1 as result", "/* a comment / * of several ** \n lines **/ //")
    assert text != honest.text
    assert compile_solidity(text).blob == honest.key.blob


def test_another_srs_is_another_key(honest: Artifact) -> None:
    """-[s]G2 with s = 1, whose secret everybody knows: the key's SRS digest tells."""
    text = honest.text
    for name, value in (
        ("x_1", 0x198E9393920D483A7260BFB731FB5D25F1AA493335A9E71297E485B7AEF312C2),
        ("x_2", 0x1800DEEF121F1E76426A00665E5C4479674322D4F75EDADD46DEBD5CD992F6ED),
        ("y_1", Q - 0x090689D0585FF075EC9E99AD690C3395BC4B313370B38EF355ACDADCD122975B),
        ("y_2", Q - 0x12C85EA5DB8C6DEB4AAB71808DCB408FE3D1E7690C43D37B4CE6CC0166FA7DAA),
    ):
        text, count = re.subn(rf"(mstore\(0x\w+, 0x)\w{{64}}(\) // neg_s_g2_{name})", rf"\g<1>{value:064x}\2", text)
        assert count == 1
    key = compile_solidity(text)
    assert key.srs != honest.key.srs
    assert key.hash != honest.key.hash
    chain = Chain()
    assert chain.check(chain.sealed_key(key.blob), honest.payload).refused == "ModulusWrong"
    assert chain.check(chain.sealed_key(key.blob), key.payload(*statement(honest))).refused == "ProofInvalid"
    assert chain.check(chain.sealed_key(honest.key.blob), honest.payload).refused is None


def test_another_digest_is_another_key(honest: Artifact) -> None:
    """The digest that is absorbed counts, not the one that is loaded later."""
    digest = re.search(r"mstore\(0x\w+, 0x(\w{64})\) // vk_digest", honest.text)
    assert digest is not None
    key = compile_solidity(once(honest.text, digest[1], f"{(int(digest[1], 16) ^ 1):064x}"))
    assert key.digest != honest.key.digest == bytes.fromhex(digest[1])
    assert key.hash != honest.key.hash


def test_random_edits(honest: Artifact) -> None:
    """Lines deleted, doubled, moved; numbers and names exchanged. A key that still comes out can be sealed."""
    rng = random.Random(5)
    lines = honest.text.split("\n")
    numbers = sorted(set(re.findall(r"0x[0-9a-f]+", honest.text)))
    chain = Chain()
    verdicts = {"refused": 0, "same": 0, "other": 0}
    for _ in range(12):
        changed = random_edit(rng, lines, numbers)
        try:
            key = compile_solidity(changed)
        except ZkError:
            verdicts["refused"] += 1
            continue
        if key.blob == honest.key.blob:
            verdicts["same"] += 1
            continue
        verdicts["other"] += 1
        assert key.hash != honest.key.hash
        verdict = chain.check(chain.sealed_key(key.blob), key.payload(*statement(honest))).refused
        assert verdict in (None, "ProofInvalid", "HintWrong")
    assert verdicts["refused"] > 3
    assert verdicts["same"] + verdicts["other"] > 2


def statement(honest: Artifact) -> tuple[list[int], bytes]:
    first = split(honest.key.blob, honest.payload).proofs[0]
    return first.instances, first.proof


def random_edit(rng: random.Random, lines: list[str], numbers: list[str]) -> str:
    """One edit of a line with code."""
    changed = list(lines)
    codes = [i for i, line in enumerate(lines) if line.split("//")[0].strip(" {}")]
    at = rng.choice(codes)
    kind = rng.choice(["delete", "move", "number", "number", "name", "operation"])
    line = changed[at]
    if kind == "delete":
        changed[at] = ""
    elif kind == "move":
        changed.insert(rng.choice(codes), changed.pop(at))
    elif kind == "number":
        changed[at] = re.sub(r"0x[0-9a-f]+", rng.choice(numbers), line, count=1)
    elif kind == "name":
        names = re.findall(r"[a-z_]\w+", line) or [""]
        changed[at] = line.replace(rng.choice(names), rng.choice(["zeta", "success", "r", "x", "mload", "sub"]), 1)
    else:
        old, new = rng.choice([("addmod", "mulmod"), ("mulmod", "addmod"), ("mload", "calldataload"), ("lt", "gt")])
        changed[at] = line.replace(old, new, 1)
    return "\n".join(changed)


def test_random_words_of_a_vka(honest: Artifact) -> None:
    data = (honest.folder / "verifier.vka").read_bytes()
    rng = random.Random(6)
    refused = 0
    for _ in range(10):
        at = 8 + rng.randrange(len(data) - 8)
        changed = data[:at] + bytes([rng.choice([0, 255, data[at] ^ 1, data[at] ^ 128])]) + data[at + 1 :]
        try:
            key = compile_vka(changed)
        except ZkError:
            refused += 1
            continue
        assert (key.blob == honest.key.blob) or key.hash != honest.key.hash
    assert refused > 3
    assert compile_vka(data).blob == honest.key.blob


# -- files that crash or hang


def inside(text: str, statement: str) -> str:
    return once(text, "pop(q)", "pop(q) " + statement)


HOSTILE: list[tuple[str, str, str]] = [
    ("nested calls", "pop(" + "add(1," * 20_000 + "1" + ")" * 20_000 + ")", "nested too deeply"),
    ("nested blocks", "{" * 20_000 + "}" * 20_000, "nested too deeply"),
    ("nested functions", "function a() {" * 5_000 + "}" * 5_000, "nested too deeply"),
    ("recursion", "function f(a) -> b { b := f(a) } pop(f(1))", "calls itself without end"),
    ("mutual recursion", "function f() { g() } function g() { f() } f()", "calls itself without end"),
    ("long decimal", f"pop({'9' * 10_000})", "nor a number below 2"),
    ("long hexadecimal", f"pop(0x{'9' * 100_000})", "nor a number below 2"),
    ("2^256", f"pop({2**256})", "nor a number below 2"),
    ("digits of another script", "pop(\u0663)", "unexpected character"),
    ("too few arguments", "pop(addmod(1))", "calls addmod with 1 arguments"),
    ("too few for a helper", "success := ec_pairing(success, 1)", "ec_pairing in a way"),
    ("huge range to invert", f"success := batch_invert(success, 0, {2**255})", "is not a scalar"),
    ("huge range to absorb", f"let a1, b1 := squeeze_challenge(0, {2**255}, r)", "before writing it|transcript"),
]


@pytest.mark.parametrize(("name", "statement", "message"), HOSTILE, ids=[name for name, *_ in HOSTILE])
def test_hostile_statements(honest: Artifact, name: str, statement: str, message: str) -> None:
    with pytest.raises(ZkError, match=message):
        compile_solidity(inside(honest.text, statement))


@pytest.mark.parametrize(
    "text",
    [
        "/* " * 300_000,
        "/*" + "*" * 1_000_000,
        "function verifyProof(" * 50_000,
        "uint256 internal constant " * 40_000,
        "uint256" + " " * 1_000_000,
        "function verifyProof() assembly {" + "a " * 300_000,
    ],
    ids=["comments", "stars", "entries", "constants", "blanks", "names"],
)
def test_texts_that_make_patterns_slow(text: str) -> None:
    """Quadratic patterns take minutes on these; a linear one takes milliseconds."""
    with pytest.raises(ZkError):
        compile_solidity(text)


def test_sums_that_explode(honest: Artifact) -> None:
    """Sixty doublings of a sum are sixty lines of text and 2^60 terms; nesting on the other side is as bad."""
    end = "mstore(PAIRING_LHS_X_MPTR, mload(0x00))"
    doubled = (
        "for { let i := 0 } lt(i, 60) { i := add(i, 1) } { success := ec_add_acc(success, mload(0), mload(0x20)) }"
    )
    with pytest.raises(ZkError, match="too many terms"):
        compile_solidity(once(honest.text, end, doubled + end))
    start = "mstore(0, calldataload(0x64)) mstore(0x20, calldataload(0x84))"
    nested = (
        "mstore(0x80, mload(0)) mstore(0xa0, mload(0x20)) for { let i := 0 } lt(i, 3000) { i := add(i, 1) } "
        f"{{ {start} success := ec_add_acc(success, mload(0x80), mload(0xa0)) "
        "mstore(0x80, mload(0)) mstore(0xa0, mload(0x20)) }"
    )
    with pytest.raises(ZkError, match="nested too deeply"):
        compile_solidity(once(honest.text, end, nested + end))


@pytest.mark.parametrize("value", ["abc", "007", "1e3", "9" * 10_000, str(2**256)])
def test_constants_that_are_no_numbers(honest: Artifact, value: str) -> None:
    changed = once(honest.text, "function verifyProof", f"uint256 internal constant A = {value};\nfunction verifyProof")
    with pytest.raises(ZkError, match="nor a number below 2"):
        compile_solidity(changed)


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.sol"
    with path.open("wb") as stream:
        stream.truncate(1 << 30)
    with pytest.raises(ZkError, match="too large for a verifier artifact"):
        compile_artifact(path)


# -- the compiler's own last check


def test_a_miscompiled_key_is_caught(honest: Artifact) -> None:
    """What a bug in lowering, slots, merging or the points' order does: the bytes no longer match the source."""
    trace = canonical(Executor(parse_contract(honest.text), Layout.FIXED, Graph(b"")).run())
    shape = read_shape(trace.squeezes)
    n_challenges = sum(squeeze.challenges for squeeze in trace.squeezes)

    def caught(blob: bytes) -> bool:
        try:
            check_against_source(KeyProgram(blob), trace.graph, trace.left, list(shape.evaluations), n_challenges)
        except ZkError:
            return True
        return False

    assert not caught(honest.key.blob)
    draft = parse(honest.key.blob)
    scalars = [i for i, words in enumerate(draft.code) if words[0] == SCAL]
    code = [list(words) for words in draft.code]
    code[scalars[0]][2], code[scalars[1]][2] = code[scalars[1]][2], code[scalars[0]][2]
    assert caught(draft.but(code=code).blob())
    used = {w // S for words in draft.code for w in words[2:]}
    plain = next(i for i, value in enumerate(draft.constants) if i in used and value > 1)
    constants = [value - (i == plain) for i, value in enumerate(draft.constants)]
    assert caught(draft.but(constants=constants).blob())
    assert caught(draft.but(points=[draft.points[1], draft.points[0], *draft.points[2:]]).blob())
    assert caught(draft.but(unit_point=draft.unit_point + 1).blob())
