"""What the key compiler refuses, by name: verifier texts with one thing changed (5 s with EZKL's files cached)."""

import re
from pathlib import Path

import pytest
from mai_zk.compiler import compile_solidity, compile_vka
from mai_zk.compiler.reusable import reusable_verifier
from mai_zk.errors import ZkError
from zk.compiler_circuits import folder


@pytest.fixture(scope="module")
def public() -> Path:
    """The smallest circuit's folder."""
    return folder("public")


@pytest.fixture(scope="module")
def text(public: Path) -> str:
    """The smallest circuit's verifier; it compiles unchanged."""
    text = (public / "verifier.sol").read_text()
    compile_solidity(text)
    return text


def once(text: str, old: str, new: str) -> str:
    """Replace exactly one occurrence."""
    assert text.count(old) >= 1, old
    return text.replace(old, new, 1)


def refused(text: str, message: str) -> None:
    with pytest.raises(ZkError, match=message):
        compile_solidity(text)


@pytest.mark.parametrize(
    "helper", ["read_ec_point", "batch_invert", "ec_add_acc", "ec_mul_tmp", "squeeze_challenge_cont"]
)
def test_changed_helper(text: str, helper: str) -> None:
    """A known helper with another body is not trusted."""
    body = text[text.index(f"function {helper}(") :]
    brace = body.index("{") + 1
    changed = text.replace(body, body[:brace] + " let unused := 1 " + body[brace:])
    refused(changed, f"helper {helper} has a body that this compiler does not know")


def test_unknown_builtin(text: str) -> None:
    refused(once(text, "pop(y)", "pop(extcodesize(1))"), "calls extcodesize, which this compiler does not know")


def test_accumulator(text: str) -> None:
    """The flag that an aggregating verifier sets."""
    pattern = r"(mstore\(0x\w+, 0x)0{64}(\) // has_accumulator)"
    changed, count = re.subn(pattern, lambda m: m.group(1) + "1".zfill(64) + m.group(2), text)
    assert count == 1
    refused(changed, "aggregates proofs")


def test_reusable_verifier_without_circuit() -> None:
    refused(reusable_verifier(), "reusable verifier, which holds no circuit")


def test_other_text() -> None:
    refused("contract Other { }", "not a Solidity verifier of EZKL 23")
    refused("", "not a Solidity verifier of EZKL 23")


def test_cut_text(text: str) -> None:
    refused(text[: len(text) // 2], "cut off")


def test_missing_range_check(text: str) -> None:
    refused(once(text, "success := and(success, lt(eval, r))", ""), "does not check range word")
    refused(once(text, "success := and(success, lt(instance, r))", ""), "does not check range instance")


def test_missing_length_check(text: str) -> None:
    refused(once(text, "success := and(success, eq(num_instances, instances.length))", ""), "instances length 8")


def test_wrong_proof_length(text: str) -> None:
    changed = re.sub(r"eq\(0x[0-9a-f]+, proof\.length\)", "eq(0x20, proof.length)", text)
    refused(changed, "proof length does not match")


def test_result_not_enforced(text: str) -> None:
    end = text.rindex("if iszero(success)")
    refused(text[:end] + text[end:].replace("revert(0x00, 0x00)", "", 1), "branches on a check without reverting")


def test_point_left_out(text: str) -> None:
    """The first advice commitment is read and absorbed, but does not reach the sum."""
    step = "success := ec_add_acc(success, calldataload(0x64), calldataload(0x84))"
    refused(once(text, step, ""), "leaves a point of the proof out")


def test_evaluation_left_out(text: str) -> None:
    """One evaluation replaced by another, everywhere: it is then range-checked and absorbed, but never used."""
    quotient = text.index("Compute quotient evavluation")
    evaluations = sorted(set(re.findall(r"calldataload\((0x[0-9a-f]{4})\)", text[quotient:])))
    at = evaluations[len(evaluations) // 2]
    changed = text[:quotient] + text[quotient:].replace(f"calldataload({at})", f"calldataload({evaluations[0]})")
    refused(changed, "leaves an evaluation unread")


def test_other_generator(text: str) -> None:
    """G2 must be the curve's generator: a key that brings its own accepts anything."""
    pattern = r"(mstore\(0x\w+, 0x)\w{64}(\) // g2_x_1)"
    refused(
        re.sub(pattern, lambda m: m.group(1) + "2".zfill(64) + m.group(2), text),
        "G2 point is not the curve's generator",
    )


def test_key_point_off_the_curve(text: str) -> None:
    pattern = r"(mstore\(0x\w+, 0x)\w{64}(\) // fixed_comms\[1\]\.x)"
    refused(re.sub(pattern, lambda m: m.group(1) + "5".zfill(64) + m.group(2), text), "not on the curve")


def test_proof_dependent_control_flow(text: str) -> None:
    refused(once(text, "pop(y)", "if y { pop(y) }"), "depends on the proof")


def test_endless_loop(text: str) -> None:
    refused(once(text, "pop(y)", "for {} 1 {} {}"), "loops do not end")


def test_damaged_vka(public: Path) -> None:
    data = (public / "verifier.vka").read_bytes()
    compile_vka(data)
    with pytest.raises(ZkError, match="length does not match its word count"):
        compile_vka(data[:-1])
    with pytest.raises(ZkError):
        compile_vka(data[:8] + bytes(len(data) - 8))
