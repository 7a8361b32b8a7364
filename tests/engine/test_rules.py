"""Rules that hold for every input: stop sequences, whole characters, sealing at rest, signed records, frames."""

from __future__ import annotations

import io
from itertools import pairwise
from typing import Any

import pytest
from engine.helpers import REPOSITORY, SIGNER
from hypothesis import given
from hypothesis import strategies as st
from mai.engine import frames
from mai.engine.backends.pieces import Characters, Growing
from mai.engine.errors import STATUS, EngineError
from mai.engine.limits import MAX_FRAME_BYTES
from mai.engine.protocol import Completion, Metadata
from mai.engine.signing import output_hash, sign, tokens_hash, verified
from mai.engine.stops import Stops
from solders.keypair import Keypair

LETTERS = st.text(alphabet="ab\n", max_size=30)


def cut(text: str, places: list[int]) -> list[str]:
    """A text in pieces."""
    ends = sorted({min(place, len(text)) for place in places} | {0, len(text)})
    return [text[start:end] for start, end in pairwise(ends)]


@given(LETTERS, st.lists(st.integers(0, 30)), st.lists(st.text(alphabet="ab\n", min_size=1, max_size=4), max_size=3))
def test_stop_sequences_do_not_depend_on_how_the_text_is_cut(text: str, places: list[int], stops: list[str]) -> None:
    watch = Stops(stops)
    said = "".join(watch.add(piece) for piece in cut(text, places))
    said += watch.end()
    first = [place for place in map(text.find, stops) if place >= 0]
    # cut into pieces, an earlier end decides; whole, an earlier beginning: the answer never holds a stop sequence
    assert not any(stop in said for stop in stops)
    assert text.startswith(said) and watch.hit == bool(first)
    assert said == text if not first else len(said) <= max(first)


@given(st.text(max_size=30), st.lists(st.integers(0, 120)))
def test_characters_are_never_cut(text: str, places: list[int]) -> None:
    data = text.encode()
    ends = sorted({min(place, len(data)) for place in places} | {0, len(data)})
    made = Characters()
    pieces = [made.add(data[start:end]) for start, end in pairwise(ends)]
    assert "".join(pieces) + made.end() == text
    assert not any("�" in piece for piece in pieces) or "�" in text


def test_bytes_that_are_no_text_are_marked() -> None:
    made = Characters()
    assert made.add(b"a\xf0\x9f") == "a" and made.end() == "�"


@given(st.one_of(st.text(max_size=20).map(str.encode), st.binary(max_size=40)))
def test_growing_text_is_whole_in_the_end(data: bytes) -> None:
    made = Growing(lambda tokens: bytes(tokens).decode(errors="replace"))
    whole = data.decode(errors="replace")
    pieces = [made.add(byte) for byte in data]
    assert "".join(pieces) + made.end() == whole
    assert not any(piece.endswith("�") for piece in pieces)


def test_the_space_before_a_word_is_kept() -> None:
    """Of a tokenizer that drops the one before a list's first word, as SentencePiece's do."""
    words = ["▁The", "▁fox", "es", "▁ran"]
    made = Growing(lambda tokens: "".join(words[token] for token in tokens).replace("▁", " ").removeprefix(" "))
    assert [made.add(token) for token in range(4)] == ["The", " fox", "es", " ran"]


RECORD: dict[str, Any] = {
    "request": "r", "task": "", "model": "m", "weights": "sha256:0", "backend": "b", "device": "CPU",
    "prompt_tokens": 3, "generated_tokens": 2, "started_us": 1_000_000, "ended_us": 1_500_000, "load_us": 5,
    "microseconds": 500_000, "gpu_permille": -1, "peak_ram_bytes": 10, "output_hash": output_hash("x"),
    "tokens_hash": tokens_hash((1, 2)), "finish": "stop", "seed": 7, "attempts": 1,
}  # fmt: skip


@given(st.sampled_from(sorted(RECORD)))
def test_every_field_of_a_record_is_signed(name: str) -> None:
    metadata = Metadata(**RECORD)
    record = Completion("x", (1, 2), metadata, *sign(metadata, SIGNER)).record()
    assert verified(record) and record["metadata"]["tokens_per_second"] == 4.0
    value = record["metadata"][name]
    changed = {**record, "metadata": {**record["metadata"], name: value + 1 if isinstance(value, int) else value + "x"}}
    assert not verified(changed)


def test_a_record_names_its_signer() -> None:
    metadata = Metadata(**RECORD)
    record = Completion("x", (1, 2), metadata, *sign(metadata, SIGNER)).record()
    assert not verified({**record, "signer": str(Keypair().pubkey())})
    assert not verified({**record, "signature": ""}) and not verified({})
    assert sign(metadata, None) == ("", "")


def test_hashes_are_those_that_the_reference_states() -> None:
    assert output_hash("") == "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"
    assert tokens_hash(()) == output_hash("") and tokens_hash(None) == ""
    assert tokens_hash((1,)) == output_hash("\x01\x00\x00\x00")


def test_frames_are_bounded_and_cut_ones_are_the_end() -> None:
    data = frames.pack({"id": 1})
    assert frames.read(io.BytesIO(data)) == {"id": 1}
    assert frames.read(io.BytesIO(data[:-1])) is None and frames.read(io.BytesIO(b"")) is None
    with pytest.raises(EngineError, match="too long for a worker"):
        frames.pack({"text": "x" * MAX_FRAME_BYTES})


def test_every_name_is_used_and_in_the_reference() -> None:
    engine = REPOSITORY / "client" / "mai" / "engine"
    code = "".join(path.read_text() for path in sorted(engine.rglob("*.py")) if path.name != "errors.py")
    reference = (REPOSITORY / "docs" / "reference" / "engine.md").read_text()
    unused = {name for name in STATUS if f'"{name}"' not in code}
    assert unused <= {"offer_refused", "backend_crashed"}  # the miner's word; the default of BackendDied
    assert not {name for name in STATUS if f"`{name}`" not in reference}
