"""EZKL's ``proof.json``: what ``ezkl prove`` writes."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

from mai_zk.errors import ZkError

MAX_FILE_BYTES = 64 * 1024 * 1024
INSTANCE_BYTES = 32


MAX_DEPTH = 32
_BRACKET = re.compile(r'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]')


def _too_deep(content: str) -> bool:
    """Whether brackets nest deeper than any proof file's: json's parser recurses, and may exhaust the C stack."""
    depth = 0
    for token in _BRACKET.finditer(content):
        if token[0] in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                return True
        elif token[0] in "]}":
            depth -= 1
    return False


@dataclass(frozen=True)
class ProofFile:
    """A proof and its public instances.

    Attributes:
        instances: field elements as integers, in the circuit's order; not checked against the modulus.
        proof: EZKL's proof bytes.
    """

    instances: tuple[int, ...]
    proof: bytes


def read_proof(path: Path) -> ProofFile:
    """Read an EZKL proof file.

    Raises:
        ZkError: the file is missing, too large, or not an EZKL proof.
    """
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise ZkError(f"{path} is too large for an EZKL proof")
        content = path.read_text()
        if _too_deep(content):
            raise ValueError("nested too deeply")
        raw = json.loads(content)
        columns = [bytes.fromhex(value) for column in raw["instances"] for value in column]
        if any(len(value) != INSTANCE_BYTES for value in columns):
            raise ZkError(f"{path} has an instance that is not {INSTANCE_BYTES} bytes long")
        instances = tuple(int.from_bytes(value, "little") for value in columns)
        text = raw.get("hex_proof")
        proof = bytes.fromhex(text.removeprefix("0x")) if isinstance(text, str) else bytes(raw["proof"])
    except OSError as error:
        raise ZkError(f"the proof {path} cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ZkError(f"{path} is not an EZKL proof file") from error
    return ProofFile(instances, proof)
