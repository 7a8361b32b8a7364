"""Envelopes: the RFC's vector, who can open what, and what their length tells."""

from __future__ import annotations

import pytest
from cryptography.hazmat.bindings._rust import openssl
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st
from mai.engine.plain import Plain
from mai.engine.sealing import (
    LARGEST,
    MAX_AT_REST,
    MAX_ENVELOPE,
    MAX_PLAIN,
    OVERHEAD,
    SMALLEST,
    SUITE,
    Sealer,
    SealError,
    Secret,
    addressed,
    answer_info,
    bucket,
    key_id,
    prompt_info,
    seal,
)

TASK = bytes(range(32))
INFO = prompt_info(TASK, "smollm2-135m")
# RFC 9180, A.2.1: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20Poly1305, base mode, sequence number 0.
RFC_SECRET = "8057991eef8f1f1af18f4a9491d16a1ce333f695d4db8e38da75975c4478e0fb"
RFC_PUBLIC = "4310ee97d88cc1f088a5576c77ab0cf5c3ac797f3d95139c6c84b5429c59662a"
RFC_INFO = "4f6465206f6e2061204772656369616e2055726e"
RFC_AAD = "436f756e742d30"
RFC_ENC = "1afa08d3dec047a643885163f1180476fa7ddb54c6a8029ea33f95796bf2ac4a"
RFC_SEALED = "1c5250d8034ec2b784ba2cfd69dbdb8af406cfe3ff938e131f0def8c8b60b4db21993c62ce81883d2dd1b51a28"
RFC_TEXT = "4265617574792069732074727574682c20747275746820626561757479"
LOW_ORDER = ["00" * 32, "01" + "00" * 31, "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"]


def test_our_suite_opens_the_vector_of_the_rfc() -> None:
    secret = X25519PrivateKey.from_private_bytes(bytes.fromhex(RFC_SECRET))
    assert secret.public_key().public_bytes_raw().hex() == RFC_PUBLIC
    sealed = bytes.fromhex(RFC_ENC + RFC_SEALED)
    opened = openssl.hpke._decrypt_with_aad(SUITE, sealed, secret, bytes.fromhex(RFC_INFO), bytes.fromhex(RFC_AAD))
    assert opened.hex() == RFC_TEXT


@given(st.binary(max_size=3_000))
@settings(max_examples=60, deadline=None)
def test_what_is_sealed_opens_and_its_length_is_a_bucket(text: bytes) -> None:
    reader = Secret.new()
    envelope = seal(reader.public, INFO, text)
    assert reader.open(INFO, envelope).reveal() == text
    padded = len(envelope) - OVERHEAD
    assert padded == bucket(len(text)) and padded & (padded - 1) == 0 and padded >= SMALLEST
    assert text not in envelope or len(text) < 4


def test_two_prompts_of_one_bucket_are_equally_long() -> None:
    reader = Secret.new()
    assert len(seal(reader.public, INFO, b"yes")) == len(seal(reader.public, INFO, b"n" * 500))


@given(st.integers(0, OVERHEAD + SMALLEST - 1), st.integers(1, 255))
@settings(max_examples=80, deadline=None)
def test_a_changed_byte_is_noticed_wherever_it_is(place: int, change: int) -> None:
    reader = Secret(bytes.fromhex(RFC_SECRET))
    envelope = bytearray(seal(reader.public, INFO, b"what is the capital of France?"))
    envelope[place] ^= change
    with pytest.raises(SealError):
        reader.open(INFO, bytes(envelope))


def test_it_opens_for_its_task_model_and_purpose_alone() -> None:
    reader, other = Secret.new(), bytes(32)
    envelope = seal(reader.public, INFO, b"text")
    for info in (prompt_info(other, "smollm2-135m"), prompt_info(TASK, "tiny"), answer_info(TASK, "smollm2-135m"), b""):
        with pytest.raises(SealError, match="for something else"):
            reader.open(info, envelope)


def test_nobody_else_opens_it_even_under_the_readers_key_id() -> None:
    reader, thief = Secret.new(), Secret.new()
    envelope = seal(reader.public, INFO, b"text")
    with pytest.raises(SealError, match="another key"):
        thief.open(INFO, envelope)
    forged = envelope[:1] + key_id(thief.public) + envelope[9:]
    with pytest.raises(SealError, match="another key"):
        thief.open(INFO, forged)


@pytest.mark.parametrize("point", LOW_ORDER)
def test_a_point_of_low_order_is_no_reader(point: str) -> None:
    with pytest.raises(SealError, match="no X25519 key"):
        seal(bytes.fromhex(point), INFO, b"text")


@pytest.mark.parametrize("size", [0, 31, 33])
def test_a_key_of_another_length_is_none(size: int) -> None:
    with pytest.raises(SealError, match="no X25519 key"):
        seal(bytes(size), INFO, b"text")


def test_lengths_are_bounded() -> None:
    reader = Secret.new()
    largest = seal(reader.public, INFO, bytes(MAX_PLAIN))
    assert len(largest) == MAX_ENVELOPE and len(reader.open(INFO, largest)) == MAX_PLAIN
    with pytest.raises(SealError, match="at most"):
        seal(reader.public, INFO, bytes(MAX_PLAIN + 1))
    for wrong in (b"", bytes(OVERHEAD), bytes([1]) + bytes(OVERHEAD + LARGEST), largest[:-1], largest + b"\0"):
        with pytest.raises(SealError, match="no sealed envelope"):
            addressed(wrong)
    with pytest.raises(SealError, match="bound to at most"):
        seal(reader.public, bytes(1_025), b"text")
    with pytest.raises(SealError, match="32 bytes"):
        prompt_info(b"short", "tiny")


def test_padding_that_hides_something_is_refused() -> None:
    """A sealer that knows the key can pad as it likes; a reader takes one form only."""
    reader = Secret.new()
    honest = seal(reader.public, INFO, b"text")
    label = b"MAI sealed v1"
    parts = (label, key_id(reader.public), INFO)
    info = b"".join(len(part).to_bytes(2, "little") + part for part in parts)
    public = X25519PrivateKey.from_private_bytes(reader.raw()).public_key()
    for padded in (
        (4).to_bytes(4, "little") + b"text" + b"\1" * 504,
        (2_000).to_bytes(4, "little") + bytes(508),
        (4).to_bytes(4, "little") + b"text" + bytes(1_016),
    ):
        with pytest.raises(SealError, match="padding"):
            reader.open(INFO, honest[:9] + SUITE.encrypt(padded, public, info))


def test_plain_text_is_sealed_as_it_is() -> None:
    reader = Secret.new()
    assert reader.open(INFO, seal(reader.public, INFO, Plain("ünï"))).text() == "ünï"


def test_what_lies_on_the_disk_opens_in_its_place_alone() -> None:
    keys = Secret.new()
    journal, records = Sealer(keys, "journal"), Sealer(keys, "records")
    sealed = journal.seal(b"an accepted prompt")
    assert journal.open(sealed) == b"an accepted prompt" and b"accepted" not in sealed
    with pytest.raises(SealError):
        records.open(sealed)


def test_an_envelope_of_any_length_can_be_journaled() -> None:
    keys = Secret.new()
    journal, envelope = Sealer(keys, "journal"), seal(keys.public, INFO, bytes(MAX_PLAIN))
    assert journal.open(journal.seal(envelope)) == envelope
    with pytest.raises(SealError, match="at most"):
        journal.seal(bytes(MAX_AT_REST + 1))


def test_what_an_engine_seals_to_itself_is_no_envelope_from_others() -> None:
    keys = Secret.new()
    kept, sent = Sealer(keys, "journal").seal(b"text"), seal(keys.public, INFO, b"text")
    for envelope in (kept, Sealer(keys, "journal").seal(bytes(2 * MAX_PLAIN)), bytes([2]) + sent[1:]):
        with pytest.raises(SealError, match="no sealed envelope"):
            keys.open(INFO, envelope)
    with pytest.raises(SealError, match="for something else"):
        keys.open(INFO, bytes([1]) + kept[1:])
    for envelope in (sent, bytes([2]) + sent[1:]):
        with pytest.raises(SealError):
            Sealer(keys, "journal").open(envelope)


def test_a_wiped_secret_opens_nothing() -> None:
    reader = Secret.new()
    envelope = seal(reader.public, INFO, b"text")
    reader.wipe()
    with pytest.raises(SealError):
        reader.open(INFO, envelope)
