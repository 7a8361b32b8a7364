"""`python -m campaign.weakened`: can the attacks fail? Build the verifier without one check at a time, and attack it.

Each weakened program must be found by the attack tests and is also given to a short campaign. Needs the build's tools;
about half a minute a check, after a first build of some minutes.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from mai.chain.artifacts import OUT_VARIABLE
from mai_zk.cache import cache_dir
from rich.console import Console
from rich.markup import escape
from rich.progress import track
from rich.table import Table

from campaign.state import VARIABLE

REPOSITORY = Path(__file__).resolve().parents[2]
SOURCES = Path("programs/verifier/src")
BUILT = Path("programs/build/out")
CASES = 600
_LEFT_OUT = shutil.ignore_patterns(".git", ".venv", ".cache", "target", ".build", "__pycache__")


@dataclass(frozen=True)
class Weakness:
    """One check taken out: in `file`, `old` (found once) becomes `new`."""

    name: str
    file: str
    old: str
    new: str


WEAKNESSES = (
    Weakness("claims not judged", "residue/checks.rs", "Err(Error::HintWrong)", "Ok(())"),
    Weakness(
        "points of any encoding", "curve.rs", "if !is_canonical(point) || !is_canonical(point.add(32)) {", "if false {"
    ),
    Weakness("the identity allowed", "curve.rs", "if is_identity(point) {", "if false && is_identity(point) {"),
    Weakness("scalars of any size", "canonical.rs", "if !is_below(scalar, R) {", "if false && !is_below(scalar, R) {"),
    Weakness(
        "divisors not tried",
        "residue/moduli.rs",
        "if candidate % divisor != 0 {",
        "if false && candidate % divisor != 0 {",
    ),
    Weakness("moduli not prime", "residue/moduli.rs", "if divisor == 1 || !is_prime(candidate) {", "if divisor == 1 {"),
    Weakness(
        "a session's payload not compared",
        "session.rs",
        "require(session.payload_hash == keccak256(&[payload]), Error::SessionPayloadMismatch)?;",
        "",
    ),
    Weakness(
        "a session's key not compared",
        "session.rs",
        "require(session.key_hash == key.hash, Error::SessionKeyMismatch)?;",
        "",
    ),
    Weakness(
        "receipts at any stage", "receipt.rs", "require(session.stage == VERIFIED,", "require(session.stage < 99,"
    ),
    Weakness("types not compared", "accounts.rs", "require(found == H::DISCRIMINATOR &&", "require(found != [0; 8] &&"),
    Weakness("unsealed keys run", "accounts.rs", "require(key.sealed == 1, Error::KeyNotSealed)?;", ""),
    Weakness("key not hashed", "seal/mod.rs", "require(keccak256(&[body]) == key.hash, Error::HashMismatch)?;", ""),
    Weakness("any bump", "create.rs", "require(bump == self.bump, Error::BumpNotCanonical)?;", ""),
    Weakness(
        "another's proof",
        "receipt.rs",
        "require(pubkey_eq(&proof.authority, self.claimer.key()), Error::WrongAuthority)?;",
        "",
    ),
    Weakness(
        "claimed again and again",
        "receipt.rs",
        "require(receipt.consumed == 0, Error::ReceiptConsumed)?;\n    let compared",
        "let compared",
    ),
    Weakness("claimed without a signature", "receipt.rs", "require_signer(claimer)?;", ""),
    Weakness(
        "anybody advances a session",
        "session.rs",
        "require(pubkey_eq(&session.authority, authority.key()), Error::WrongAuthority)?;",
        "",
    ),
    Weakness("one account twice", "accounts.rs", "if accounts[..index].contains(account) {", "if false {"),
    Weakness("trailing bytes", "payload.rs", "if rest.len() != expected {", "if rest.len() < expected {"),
    Weakness(
        "W' of any encoding",
        "transcript.rs",
        "check_points(openings)?;",
        "check_points(&openings[..POINT_BYTES])?;",
    ),
    Weakness("another SRS", "receipt.rs", "(&receipt.srs, Error::SrsMismatch)", "(expected[2], Error::SrsMismatch)"),
)


@dataclass(frozen=True)
class Found:
    """What a weakened program was found by."""

    weakness: str
    tests: tuple[str, ...]
    faults: int


def main() -> int:
    """Attack every weakened program, or those that are named; 1 if one is not found."""
    console = Console(stderr=True)
    chosen = [weakness for weakness in WEAKNESSES if weakness.name in sys.argv[1:] or not sys.argv[1:]]
    copy = cache_dir() / "campaign" / "weakened"  # kept, so that only the first build takes minutes
    shutil.copytree(REPOSITORY, copy, ignore=_LEFT_OUT, dirs_exist_ok=True)
    found = list(track(_all(copy, chosen), "weakened programs", total=len(chosen), console=console))
    table = Table("without", "attack tests that fail (at most three)", f"faults in {CASES} cases")
    for item in found:
        table.add_row(item.weakness, escape("\n".join(item.tests) or "none"), str(item.faults))
    Console(width=None if sys.stdout.isatty() else 140).print(table)
    return int(any(not item.tests for item in found))


def _all(copy: Path, chosen: Sequence[Weakness]) -> Iterator[Found]:
    for weakness in chosen:
        path = copy / SOURCES / weakness.file
        text = path.read_text()
        if text.count(weakness.old) != 1:
            raise SystemExit(f"{weakness.name}: {weakness.file} has no such check any more")
        path.write_text(text.replace(weakness.old, weakness.new))
        _run(copy, {}, "-m", "mai_build", "program", "verifier", check=True)
        path.write_text(text)
        yield _attack(copy, weakness)


def _attack(copy: Path, weakness: Weakness) -> Found:
    out = copy / BUILT
    record = json.loads((out / "toolchain.json").read_text())
    record["sha256"][str(BUILT / "verifier.so")] = hashlib.sha256((out / "verifier.so").read_bytes()).hexdigest()
    (out / "toolchain.json").write_text(json.dumps(record))
    environment = {OUT_VARIABLE: str(out), VARIABLE: str(copy / "state")}
    cases = _run(copy, environment, "-m", "campaign", "--cases", str(CASES), "--output", "json")
    if not cases.stdout:
        raise SystemExit(cases.stderr[-2000:])
    faults = len(json.loads(cases.stdout)["faults"])
    tests = [str(path) for path in sorted((copy / "tests" / "campaign").glob("test_attack_*.py"))]
    judged = _run(copy, environment, "-m", "pytest", "-q", "--maxfail=3", "-p", "no:cacheprovider", *tests)
    failed = [line.split(" - ")[0].split("::")[-1] for line in judged.stdout.splitlines() if line.startswith("FAILED")]
    return Found(weakness.name, tuple(failed), faults)


def _run(
    copy: Path, environment: dict[str, str], *arguments: str, check: bool = False
) -> subprocess.CompletedProcess[str]:
    paths = [*(str(copy / part) for part in ("client", "zk", "programs/build", "tests")), str(copy)]
    variables = {**os.environ, "PYTHONPATH": os.pathsep.join(paths), **environment}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=copy, env=variables, capture_output=True, text=True, check=False
    )
    if check and done.returncode:
        raise SystemExit(done.stderr[-2000:])
    return done


if __name__ == "__main__":
    sys.exit(main())
