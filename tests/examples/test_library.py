"""The parts that others use alone: `mai_zk` without `mai` and a chain, the verifier by its IDL without `mai`."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from examples.world import FOLDER, ROOT

IDL = ROOT / "programs" / "build" / "out" / "verifier.json"

# An import hook in front of every other: what is blocked looks as if it were not installed.
BLOCKER = """
import sys
class Blocker:
    def find_spec(self, name, path=None, target=None):
        if any((name + ".").startswith(blocked + ".") for blocked in {blocked!r}):
            raise ModuleNotFoundError("No module named " + repr(name), name=name)
sys.meta_path.insert(0, Blocker())
"""

PROVE = """
from pathlib import Path
from mai_zk import circuits
from mai_zk.compiler import compile_solidity
from mai_zk.prover import make_prover

circuit, prover = circuits.load("linear4"), make_prover()
keys = prover.setup(circuit.segment, circuit.test_srs())
key = compile_solidity(prover.solidity(keys).read_text(), circuit.parts)
proof = prover.prove(keys, prover.witness(keys, circuits.example_input(circuit.segment)))
payload = key.payload(proof.instances, proof.proof)
Path(sys.argv[1]).write_bytes(key.blob)
Path(sys.argv[2]).write_bytes(payload)
print(key.hash.hex(), key.n_hints, len(payload) == key.payload_size)
"""


# Everything of the client but errors and the chain layer, and of that layer what only the policy program needs.
PARTS = {f"mai.{path.stem}" for path in (ROOT / "client" / "mai").iterdir() if not path.stem.startswith("_")}
POLICY = PARTS - {"mai.chain", "mai.errors", "mai.py"} | {"mai.chain.network", "mai.chain.digest"}


def python(code: str, *arguments: str, blocked: set[str]) -> subprocess.CompletedProcess[str]:
    """Run `code` where the packages and modules of `blocked` cannot be imported."""
    command = [sys.executable, "-c", BLOCKER.format(blocked=blocked) + code, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


def test_the_blocker_blocks() -> None:
    code = "import mai_zk.errors\ntry:\n    import mai.errors\nexcept ModuleNotFoundError:\n    print('blocked')"
    assert python(code, blocked={"mai"}).stdout == "blocked\n"
    assert python(code, blocked={"mai.errors"}).stdout == "blocked\n"
    assert python(code, blocked={"mai.err"}).stdout == ""


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, str]:
    """A key program, a proof account's bytes, and what the process that made them without `mai` says."""
    folder = tmp_path_factory.mktemp("alone")
    key, payload = folder / "key.bin", folder / "payload.bin"
    blocked = {"mai", "mai_build", "solders", "solana", "anchorpy", "spl", "typer", "rich"}
    done = python(PROVE, str(key), str(payload), blocked=blocked)
    assert done.returncode == 0, done.stderr
    return key, payload, done.stdout


def test_keys_proofs_and_hints_need_no_chain(files: tuple[Path, Path, str]) -> None:
    expected = json.loads((ROOT / "circuits" / "linear4" / "key.json").read_text())["key_hash"]
    key_hash, hints, complete = files[2].split()
    assert (key_hash, complete) == (expected, "True")
    assert int(hints) > 0


def test_the_idl_alone_makes_a_client(files: tuple[Path, Path, str]) -> None:
    client = Path(__file__).with_name("idl_client.py").read_text()
    command = (str(IDL), str(IDL.with_suffix(".so")), str(files[0]), str(files[1]))
    done = python(client, *command, blocked={"mai", "mai_build", "mai_zk"})
    assert done.returncode == 0, done.stderr
    receipt = json.loads(done.stdout)
    assert receipt == {"key_hash": files[2].split()[0], "consumed": 1, "second_claim": "ReceiptConsumed"}


def test_the_example_needs_nothing_of_the_policy() -> None:
    assert {"mai.program", "mai.miner", "mai.demo"} <= POLICY
    code = "import runpy\nsys.argv = sys.argv[1:]\nrunpy.run_path(sys.argv[0], run_name='__main__')"
    done = python(code, str(FOLDER / "run.py"), blocked={*POLICY, "mai_build", "typer"})
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].startswith("answered ")
