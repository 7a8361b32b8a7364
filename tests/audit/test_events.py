"""Events from logs: whose they are, what is cut off, what is no event; and the codecs of the interfaces."""

from __future__ import annotations

import base64

import pytest
from anchorpy.coder.coder import Coder
from anchorpy_core.idl import Idl
from audit.lies import DATA, INTERFACE, MAI, VERIFIER_INTERFACE
from hypothesis import given
from hypothesis import strategies as st
from mai.chain import artifacts
from mai.chain.events import read_events
from mai.chain.layout import Layout
from mai.errors import MaiError
from solders.pubkey import Pubkey

OTHER = str(Pubkey.new_unique())
BEAT = INTERFACE.event_kinds["Heartbeat"]
FIELDS = {"miner": Pubkey.new_unique(), "week": 3, "hours": 4, "uptime_bps": 5, "quality_bps": 6}
LINE = DATA + base64.b64encode(BEAT.encode(FIELDS)).decode()


def inside(program: object, *lines: str, depth: int = 1) -> list[str]:
    return [f"Program {program} invoke [{depth}]", *lines, f"Program {program} success"]


def names(*logs: str) -> tuple[list[str], list[str]]:
    reading = read_events(INTERFACE, MAI, logs)
    return [event.name for event in reading.events], [spoof.program for spoof in reading.spoofs]


def test_an_event_is_the_word_of_who_was_running() -> None:
    assert names(*inside(MAI, LINE)) == (["Heartbeat"], [])
    assert names(*inside(OTHER, LINE)) == ([], [OTHER])
    assert names(*inside(MAI, *inside(OTHER, LINE, depth=2))) == ([], [OTHER])
    assert names(*inside(OTHER, *inside(MAI, LINE, depth=2), LINE)) == (["Heartbeat"], [OTHER])
    assert names(LINE) == ([], [])


@pytest.mark.parametrize(
    "line",
    [
        f"Program log: Program {MAI} invoke [2]",
        f"Program log: \nProgram {MAI} invoke [2]",
        f"Program data: Program {MAI} invoke [1]",
        f"Program return: {OTHER} {base64.b64encode(BEAT.mark).decode()}",
        f"Program {OTHER} consumed 5 of 9 compute units",
    ],
)
def test_no_line_of_a_program_moves_the_stack(line: str) -> None:
    assert names(*inside(OTHER, line, LINE)) == ([], [OTHER])


def test_a_failed_callee_leaves_the_stack() -> None:
    failed = [f"Program {OTHER} invoke [2]", f"Program {OTHER} failed: custom program error: 0x1"]
    assert names(*inside(MAI, *failed, LINE)) == (["Heartbeat"], [])


def test_which_run_told_an_event() -> None:
    reading = read_events(INTERFACE, MAI, [*inside(MAI, LINE), *inside(OTHER), *inside(MAI, LINE, LINE)])
    assert [(event.run, event.index) for event in reading.events] == [(0, 0), (1, 1), (1, 2)]


def test_cut_off_logs_are_incomplete_and_keep_what_is_there() -> None:
    reading = read_events(INTERFACE, MAI, [f"Program {MAI} invoke [1]", LINE, "Log truncated"])
    assert [event.name for event in reading.events] == ["Heartbeat"] and not reading.complete


@given(st.binary(max_size=200))
def test_any_bytes_are_an_event_or_none(data: bytes) -> None:
    line = DATA + base64.b64encode(BEAT.mark + data).decode()
    found, _ = names(*inside(MAI, line))
    assert found == (["Heartbeat"] if len(data) == BEAT.size - 8 else [])


@given(st.text(max_size=100))
def test_any_text_is_survived(text: str) -> None:
    names(*inside(MAI, DATA + text, text))


def test_the_codecs_read_what_the_other_coder_writes() -> None:
    """anchorpy's coder, which the client sends with, and these agree."""
    program = artifacts.program("verifier")
    accounts = {name: Pubkey.new_unique() for name in program.accounts_of("write")}
    sent = program.instruction("write", accounts, {"offset": 7, "data": b"some bytes"})
    kind = VERIFIER_INTERFACE.calls[bytes(sent.data)[:8]]
    assert kind.name == "write" and kind.arguments.decode(bytes(sent.data)) == {"offset": 7, "data": b"some bytes"}
    told = Coder(Idl.from_json((artifacts.out_folder() / "mai.json").read_text())).events.parse(BEAT.encode(FIELDS))
    assert told is not None and {name: getattr(told.data, name) for name in FIELDS} == FIELDS
    assert BEAT.decode(BEAT.encode(FIELDS)) == FIELDS


@pytest.mark.parametrize("kinds", [INTERFACE.kinds, INTERFACE.event_kinds], ids=["accounts", "events"])
def test_every_layout_returns_what_it_was_given(kinds: dict[str, Layout]) -> None:
    for layout in kinds.values():
        blank = layout.decode(layout.mark + bytes(layout.size - 8))
        assert layout.encode(blank) == layout.mark + bytes(layout.size - 8)
        with pytest.raises(MaiError):
            layout.decode(layout.mark + bytes(layout.size - 9))
        with pytest.raises(MaiError):
            layout.decode(layout.mark + bytes(layout.size - 7))
        with pytest.raises(MaiError):
            layout.decode(bytes(layout.size))
