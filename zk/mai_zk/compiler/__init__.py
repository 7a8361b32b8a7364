"""The key compiler: EZKL's verifier of one circuit in, a key program out (docs/reference/key-program.md).

A compilation is a pure function of its input: the same verifier gives the same bytes.
"""

from mai_zk.compiler.compile import compile_artifact, compile_solidity, compile_vka
from mai_zk.keyprogram import Parts

__all__ = ["Parts", "compile_artifact", "compile_solidity", "compile_vka"]
