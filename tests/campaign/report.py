"""`python -m campaign.report`: write the figures of both campaigns into docs/security/verifier.md."""

from __future__ import annotations

import hashlib
import sys
from collections import Counter
from pathlib import Path

from mai.chain import artifacts

from campaign.__main__ import CASES
from campaign.cases import Tally
from campaign.registry import WEIGHTS
from campaign.state import State

PAGE = Path(__file__).resolve().parents[2] / "docs" / "security" / "verifier.md"
FIRST, LAST = "<!-- figures: python -m campaign.report -->\n", "<!-- end of figures -->\n"
SEED = "mai"
SHOWN = 6


def figures() -> str:
    """What the two campaigns of the seed have shown on the verifier in use."""
    mutations, differential = (State(kind, SEED, CASES[kind]).tally for kind in ("mutations", "differential"))
    code = hashlib.sha256(artifacts.shared_object("verifier").read_bytes()).hexdigest()
    names = {name for group in mutations.refused.values() for name in group}
    attacks = sum(sum(group.values()) for group in mutations.refused.values())
    return "\n".join(
        [
            f"Seed `{SEED}`, the verifier of SHA-256 {code[:16]}…\n",
            f"**{mutations.cases:,} of {CASES['mutations']:,} cases: {sum(mutations.controls.values()):,} controls, "
            f"all accepted; {attacks:,} attacks refused, each by a name of the program's list ({len(names)} different "
            f"ones); {len(mutations.faults)} accepted or ended otherwise.**\n",
            "| class | cases | controls, all accepted | refused by name | names, most frequent first |",
            "|---|---|---|---|---|",
            *(_row(mutations, name) for name in WEIGHTS),
            "",
            _compared(differential),
            "",
        ]
    )


def _row(tally: Tally, name: str) -> str:
    group, controls = tally.refused.get(name, Counter()), tally.controls.get(name, 0)
    names = [refusal for refusal, _ in group.most_common()]
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    refused = sum(group.values())
    return f"| {name} | {refused + controls:,} | {controls:,} | {refused:,} | {', '.join(names[:SHOWN])}{more} |"


def _compared(tally: Tally) -> str:
    both = sum(tally.controls.values())
    refused = sum(sum(group.values()) for group in tally.refused.values())
    return (
        f"**{tally.cases:,} of {CASES['differential']:,} cases against EZKL's own `verify`: {both:,} accepted by both, "
        f"{refused:,} refused by both, {len(tally.faults)} disagreements.** All keep the proof's length: EZKL also "
        "accepts bytes behind a proof, the chain does not."
    )


def main() -> int:
    """Replace what stands between the page's marks."""
    text = PAGE.read_text()
    before, rest = text.split(FIRST)
    _, after = rest.split(LAST)
    PAGE.write_text(before + FIRST + figures() + LAST + after)
    return 0


if __name__ == "__main__":
    sys.exit(main())
