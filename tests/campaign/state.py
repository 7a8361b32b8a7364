"""What a campaign has done so far: one JSON line a block, appended; a half-written last line is ignored."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

from mai.chain import artifacts

from campaign.cases import Tally

VARIABLE = "MAI_CAMPAIGN_STATE"
"""Names another folder than the checkout's `.cache/campaign`."""
_DEFAULT = Path(__file__).resolve().parents[2] / ".cache" / "campaign"


def fingerprint() -> str:
    """Of all that a case depends on, the verifier's shared object and the campaign's sources: other ones start over."""
    files = [artifacts.shared_object("verifier"), *_sources()]
    return hashlib.sha256(b"".join(hashlib.sha256(path.read_bytes()).digest() for path in files)).hexdigest()[:16]


def _sources() -> list[Path]:
    """The modules that cases are made of."""
    others = ("__main__.py", "report.py", "state.py", "weakened.py", "conftest.py")
    files = Path(__file__).parent.glob("*.py")
    return sorted(path for path in files if path.name not in others and not path.name.startswith("test_"))


class State:
    """The blocks that are done, and their sum."""

    def __init__(self, kind: str, seed: str, cases: int, folder: Path | None = None) -> None:
        """Read what an earlier run left."""
        name = hashlib.sha256(f"{kind}\0{seed}\0{cases}".encode()).hexdigest()[:12]
        folder = folder or Path(os.environ.get(VARIABLE) or _DEFAULT)
        self.path = folder / f"{kind}-{fingerprint()}-{name}.jsonl"
        self.done: set[int] = set()
        self.tally = Tally()
        if self.path.is_file():
            for line in self.path.read_text().splitlines():
                try:
                    raw = json.loads(line)
                except ValueError:
                    continue
                if raw["block"] not in self.done:
                    self.done.add(raw["block"])
                    self.tally.add(Tally.of(raw["tally"]))

    def add(self, block: int, tally: Tally) -> None:
        """Keep a block's tally."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a+b") as stream:
            stream.seek(0, os.SEEK_END)
            if stream.tell():
                stream.seek(-1, os.SEEK_END)
                torn = stream.read(1) != b"\n"
            else:
                torn = False
            text = json.dumps({"block": block, "tally": tally.raw()})
            stream.write((b"\n" if torn else b"") + text.encode() + b"\n")
            stream.flush()
            os.fsync(stream.fileno())
        self.done.add(block)
        self.tally.add(tally)

    def forget(self) -> None:
        """Start over."""
        self.path.unlink(missing_ok=True)
        self.done, self.tally = set(), Tally()
