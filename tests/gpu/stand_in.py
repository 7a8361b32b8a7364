"""Stands in for EZKL's GPU program where there is no GPU: its command line, answered by the CPU wheel.

How it behaves is in the environment: STAND_IN_VERSION; STAND_IN_SAYS, its log; STAND_IN_SPOILS, a proof that is wrong.
It shows how its caller treats such a program, and nothing about GPUs. ICICLE_BACKEND_INSTALL_DIR
"""

import argparse
import json
import os
import sys
from pathlib import Path


def main() -> None:
    if sys.argv[1:] == ["--version"]:
        print(f"ezkl {os.environ['STAND_IN_VERSION']}")
        return
    import ezkl

    parser = argparse.ArgumentParser()
    parser.add_argument("command", choices=["prove"])
    for name in ("witness", "proof-path", "compiled-circuit", "pk-path", "srs-path"):
        parser.add_argument(f"--{name}", required=True)
    given = parser.parse_args()
    print(os.environ["STAND_IN_SAYS"], flush=True)
    try:
        ezkl.prove(given.witness, given.compiled_circuit, given.pk_path, given.proof_path, given.srs_path)
    except Exception as error:
        print(f"[E] {error}", flush=True)
        os._exit(1)
    if os.environ.get("STAND_IN_SPOILS"):
        path = Path(given.proof_path)
        proof = json.loads(path.read_text())
        proof["proof"][-40] ^= 1
        proof["hex_proof"] = "0x" + bytes(proof["proof"]).hex()
        path.write_text(json.dumps(proof))
    os._exit(0)


if __name__ == "__main__":
    main()
