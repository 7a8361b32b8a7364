"""The IDL says what the program does: errors, discriminators and account layouts."""

from __future__ import annotations

import json
import re

from mai.chain.executed import VALUES_BYTES
from mai.chain.trace import MANIFEST_HEADER_BYTES, TRACE_HEADER_BYTES
from verifier.chain import IDL, KEY_HEADER, PROOF_HEADER, RECEIPT, ROOT, SESSION_HEADER, discriminator

SOURCE = ROOT / "programs" / "verifier" / "src"
TRACES = ROOT / "programs" / "traces" / "src"
SIZES = {"u8": 1, "bool": 1, "u16": 2, "u32": 4, "u64": 8, "publicKey": 32}


def idl() -> dict:  # type: ignore[type-arg]
    loaded: dict = json.loads(IDL.read_text())  # type: ignore[type-arg]
    return loaded


def size(kind: str | dict) -> int:  # type: ignore[type-arg]
    if isinstance(kind, str):
        return SIZES[kind]
    inner, count = kind["array"]
    return SIZES[inner] * int(count)


def snake(name: str) -> str:
    return re.sub(r"([A-Z])", r"_\1", name).lower()


def test_errors_are_those_of_the_program() -> None:
    found = re.findall(r"    /// (.*)\n    (\w+) = (\d+),", (SOURCE / "error.rs").read_text())
    expected = [{"code": int(code), "name": name, "msg": message} for message, name, code in found]
    assert idl()["errors"] == expected
    codes = [error["code"] for error in expected]
    assert codes == sorted(set(codes))
    assert codes[0] == 6000


def test_every_error_is_asserted_by_a_test() -> None:
    folders = (ROOT / "tests" / "verifier", ROOT / "tests" / "attacks", ROOT / "tests" / "traces")
    paths = [path for folder in folders for path in folder.glob("test_*.py")]
    tests = "".join(path.read_text() for path in paths if path.name != "test_verifier_idl.py")
    # The runtime gives no way to make a system call fail here.
    missing = [error["name"] for error in idl()["errors"] if f'"{error["name"]}"' not in tests]
    assert missing == ["SystemCallFailed"]


def test_discriminators_are_anchors() -> None:
    dispatch = "".join((folder / "instruction.rs").read_text() for folder in (SOURCE, TRACES))
    constants = dict(re.findall(r"const (\w+): \[u8; 8\] = \[(.*)\];", dispatch))
    for entry in idl()["instructions"]:
        name = snake(entry["name"])
        written = bytes(int(byte, 16) for byte in constants[name.upper()].split(", "))
        assert written == discriminator("global", name)
    headers = (SOURCE / "accounts.rs").read_text() + (TRACES / "state.rs").read_text()
    pattern = r"impl Header for (\w+) \{\s*const DISCRIMINATOR: \[u8; 8\] = \[(.*)\];"
    written_headers = re.findall(pattern, headers)
    assert {name for name, _ in written_headers} == {entry["name"] for entry in idl()["accounts"]}
    for name, text in written_headers:
        assert bytes(int(byte, 16) for byte in text.split(", ")) == discriminator("account", name)


def test_account_layouts() -> None:
    sizes = {entry["name"]: 8 + sum(size(f["type"]) for f in entry["type"]["fields"]) for entry in idl()["accounts"]}
    headers = {"Key": KEY_HEADER, "Proof": PROOF_HEADER, "Session": SESSION_HEADER, "Receipt": RECEIPT}
    sizes_of = {name: header.size for name, header in headers.items()}
    of_traces = {"Manifest": MANIFEST_HEADER_BYTES, "Trace": TRACE_HEADER_BYTES, "Values": VALUES_BYTES}
    assert sizes == {**sizes_of, **of_traces}
