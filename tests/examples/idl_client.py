"""A client of the verifier from its IDL alone (anchorpy's coders, solders): arguments IDL, .so, key and payload files.

Uploads, seals, verifies to a receipt, claims it twice, and prints what came of it. Run by test_library.py.
"""

import json
import sys
from hashlib import sha256
from pathlib import Path

from anchorpy.coder.coder import Coder
from anchorpy_core.idl import Idl
from Crypto.Hash import keccak
from solders.compute_budget import request_heap_frame, set_compute_unit_limit
from solders.instruction import AccountMeta, Instruction
from solders.keypair import Keypair
from solders.litesvm import LiteSVM
from solders.message import Message
from solders.pubkey import Pubkey
from solders.system_program import ID as SYSTEM_PROGRAM
from solders.transaction import Transaction
from solders.transaction_metadata import FailedTransactionMetadata

idl_file, code, key_file, payload_file = map(Path, sys.argv[1:])
idl, coder = json.loads(idl_file.read_text()), Coder(Idl.from_json(idl_file.read_text()))
names = {error["code"]: error["name"] for error in idl["errors"]}
program = Pubkey.from_string(idl["metadata"]["address"])
svm, me = LiteSVM(), Keypair()
svm.add_program_from_file(program, code)
svm.airdrop(me.pubkey(), 10**12)


def hashed(*parts: bytes) -> bytes:
    return keccak.new(digest_bits=256, data=b"".join(parts)).digest()


def pda(*seeds: bytes) -> tuple[Pubkey, int]:
    return Pubkey.find_program_address(list(seeds), program)


def call(name: str, arguments: dict[str, object], *accounts: Pubkey) -> str | None:
    """Send one instruction; the refusal's name, or None."""
    first, *others = name.split("_")
    (entry,) = [item for item in idl["instructions"] if item["name"] == first + "".join(map(str.title, others))]
    pairs = zip(accounts, entry["accounts"], strict=True)
    metas = [AccountMeta(address, its["isSigner"], its["isMut"]) for address, its in pairs]
    instruction = Instruction(program, coder.instruction.encode(name, arguments), metas)
    message = Message([set_compute_unit_limit(1_400_000), request_heap_frame(2**18), instruction], me.pubkey())
    result = svm.send_transaction(Transaction([me], message, svm.latest_blockhash()))
    svm.expire_blockhash()
    if not isinstance(result, FailedTransactionMetadata):
        return None
    return names[int(result.meta().logs()[-1].rpartition("custom program error: ")[2], 16)]


def must(name: str, arguments: dict[str, object], *accounts: Pubkey) -> None:
    assert (refused := call(name, arguments, *accounts)) is None, (name, refused)


def fill(account: Pubkey, header: int, body: bytes) -> None:
    while len(svm.get_account(account).data) < header + len(body):
        must("extend", {}, me.pubkey(), account)
    for offset in range(0, len(body), 900):
        must("write", {"offset": offset, "data": body[offset : offset + 900]}, me.pubkey(), account)


blob, payload, context = key_file.read_bytes(), payload_file.read_bytes(), sha256(b"a context").digest()
authority, key_hash = bytes(me.pubkey()), hashed(blob)

key, bump = pda(b"key", authority, key_hash)
must("create_key", {"hash": list(key_hash), "size": len(blob), "bump": bump}, me.pubkey(), key, SYSTEM_PROGRAM)
fill(key, 112, blob)
must("seal_key", {}, me.pubkey(), key)

proof, bump = pda(b"proof", authority, (7).to_bytes(8, "little"))
must("create_proof", {"nonce": 7, "size": len(payload), "bump": bump}, me.pubkey(), proof, SYSTEM_PROGRAM)
fill(proof, 56, payload)

# linear4 has eight public instances and no commitments.
statement = hashed(b"MAI statement v1", key_hash, hashed(payload[: 8 * 32]), hashed())
receipt, bump = pda(b"receipt", context, authority, statement)
arguments = {"context": list(context), "bump": bump, "profile": False}
must("verify", arguments, me.pubkey(), key, proof, receipt, SYSTEM_PROGRAM)

made = coder.accounts.decode(svm.get_account(receipt).data)
expected = {name: list(getattr(made, name)) for name in ("key_hash", "srs", "input", "params", "output")}
must("claim", {"context": list(context), **expected}, me.pubkey(), receipt)
second = call("claim", {"context": list(context), **expected}, me.pubkey(), receipt)
made = coder.accounts.decode(svm.get_account(receipt).data)
print(json.dumps({"key_hash": bytes(made.key_hash).hex(), "consumed": made.consumed, "second_claim": second}))
