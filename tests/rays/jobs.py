"""Jobs that can be pickled: real proofs of one layer of the tests' language model, some of them with an accident."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from mai_zk.errors import ZkError
from mai_zk.language.model import Proved
from traces import model


@dataclass(frozen=True)
class Layer:
    """The proof of the model's first layer on four integers."""

    values: tuple[int, ...]

    @property
    def name(self) -> str:
        return f"first layer on {self.values}"

    def prove(self) -> Proved:
        found = model.proved("first", self.values)
        key = model.circuit("first").key
        return Proved(key, found.instances, found.proof, key.payload(found.instances, found.proof), 0.0)


@dataclass(frozen=True)
class Held(Layer):
    """Says where it runs, and waits while there is a file named `hold`."""

    folder: Path

    def prove(self) -> Proved:
        (self.folder / f"{os.environ['MAI_TEST_NODE']}-{os.getpid()}").touch()
        while (self.folder / "hold").exists():
            time.sleep(0.02)
        return super().prove()


@dataclass(frozen=True)
class Hanging(Layer):
    """Says where it runs and, while there is a file named `hold`, hangs with a process that it started."""

    folder: Path

    def prove(self) -> Proved:
        child = subprocess.Popen(["sleep", "100000"]) if (self.folder / "hold").exists() else None
        pid = child.pid if child else 0
        (self.folder / f"{os.environ['MAI_TEST_NODE']}-{os.getpid()}").write_text(str(pid))
        if child:
            child.wait()
        return super().prove()


@dataclass(frozen=True)
class Lying(Layer):
    """On one node the proof is not the proof."""

    node: str

    def prove(self) -> Proved:
        proved = super().prove()
        if os.environ["MAI_TEST_NODE"] != self.node:
            return proved
        proof = bytearray(proved.proof)
        proof[-1] ^= 1
        payload = proved.payload.replace(proved.proof, bytes(proof))
        return dataclasses.replace(proved, proof=bytes(proof), payload=payload)


@dataclass(frozen=True)
class Refusing(Layer):
    """An error of the job itself."""

    def prove(self) -> Proved:
        raise ZkError("The witness is damaged; make it again.")


@dataclass(frozen=True)
class Asking(Layer):
    """Tells by its error what a worker finds around it."""

    def prove(self) -> Proved:
        names = ("RAYON_NUM_THREADS", "MAI_PROVER", "MAI_CACHE")
        raise ZkError(" ".join(f"{name}={os.environ.get(name)}" for name in names) + f" nice={os.nice(0)}")
