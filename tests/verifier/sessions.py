"""What the tests of sessions share: a session opened, finished, and its receipt."""

from __future__ import annotations

from solders.pubkey import Pubkey
from verifier.chain import Chain, Session, receipt_address
from verifier.circuit import Circuit

CONTEXT = bytes(range(50, 82))


def opened(chain: Chain, circuit: Circuit, payload: bytes | None = None) -> Session:
    """A session of full size on the circuit's payload."""
    nonce = next(chain.nonces)
    return chain.session(chain.sealed_key(circuit.blob), chain.put_proof(payload or circuit.payload), nonce)


def receipt_of(session: Session, circuit: Circuit, context: bytes = CONTEXT) -> tuple[Pubkey, int]:
    statement = circuit.key.statement(circuit.instances, circuit.proof).statement
    return receipt_address(context, session.owner.pubkey(), statement)


def finished(session: Session) -> Session:
    assert session.advance_to("verified") is None
    return session
