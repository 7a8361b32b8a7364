"""`mai mine --local` from its first block to its summary: the honest miner is paid, the cheat is caught and slashed."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence

import pytest
from mai.miner import models
from mai.miner.intake import Terms
from mai.miner.local import view
from mai.miner.local.story import play
from mai.miner.presets import allocation
from mai.miner.states import State
from mai.money import UNITS_PER_MAI
from miner.toy import Toy
from miner.world import PROMPT
from rich.console import Console


class Fixed(Toy):
    """Every text is the same prompt, whose proofs are cached."""

    def encode(self, text: str) -> Sequence[int]:  # type: ignore[override]
        return list(PROMPT)


def test_a_network_in_which_a_cheat_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "load", lambda name: Fixed())
    said: list[str] = []
    story, lines = play("toy", Terms(allocation("maximum", 2)), said.append, lambda story: None, tasks=2)
    works = {name: mine.desk.journal.works() for name, mine in story.mines.items()}
    # The honest miner did its own task and, once the cheat had lost its place, the cheat's.
    assert [work.state for work in works["miner"]] == [State.SETTLED] * 2
    (false,) = works["cheat"]
    assert (false.state, false.paid) == (State.FAILED, 0) and false.reason.startswith("WrongToken: ")
    found = {line.who: line for line in lines}
    assert found["miner"].earned == sum(work.paid for work in works["miner"]) > 0 == found["miner"].lost
    cheat = found["cheat"]
    assert (cheat.earned, cheat.lost) == (0, 25_000 * UNITS_PER_MAI)
    assert cheat.lost_lamports > 10**9  # the bond of the trace, and that of the device
    # Half of the slash is burned, the rest is for who showed it; a fifth of that for who confirmed it.
    assert (found["verifier"].earned, found["second verifier"].earned) == (10_000 * 10**9, 2_500 * 10**9)
    assert found["requester"].lost == 20 * UNITS_PER_MAI
    right, wrong = (next(text for who, text in story.answers() if who == name) for name in ("miner", "cheat"))
    assert right != wrong
    assert any("ANOTHER answer" in text for text in said)
    # What people and programs are shown of it.
    shown = Console(file=io.StringIO(), width=200, record=True)
    for part in (view._view(story, said), view._answers(story), view._summary(lines)):
        shown.print(part)
    text = shown.export_text()
    assert "25,000 MAI" in text and "WrongToken" in text and "ANOTHER answer" in text
    facts = json.loads(json.dumps(view.facts(story, lines, 1.0)))
    assert [line["lost"] for line in facts["summary"] if line["who"] == "cheat"] == ["25000"]
