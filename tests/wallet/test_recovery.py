"""Recovery phrases give the keys that Solana's own tools and wallets give; published vectors say so."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mai.errors import MaiError
from mai.wallet.recovery import BIP44, FIRST_ACCOUNT, WORDS, derivation_path, new_phrase, recover

# Solana's cookbook: restoring BIP-44 mnemonics, m/44'/501'/i'/0'.
COOKBOOK = "neither lonely flavor argue grass remind eye tag avocado spot unusual intact"
COOKBOOK_ACCOUNTS = (
    "5vftMkHL72JaJG6ExQfGAsT2uGVHpRR7oTNUPMs68Y2N",
    "GcXbfQ5yY3uxCyBNDPBbR5FjumHf89E7YHXuULfGDBBv",
    "7QPgyQwNLqnoSwHEuK8wKy2Y3Ani6EHoZRihTuWkwxbc",
    "5aE8UprEEWtpVskhxo3f8ETco2kVKiZT9SS3D5Lcg8s2",
)
# The cookbook's BIP-39 phrase without a path, and one of `solana-keygen` with its addresses under prompt: URIs
# (Solana Stack Exchange, answer 3075).
NO_PATH = ("pill tomorrow foster begin walnut borrow virtual kick shift mutual shoe scatter",
           "5ZWj7a1f8tWkjBESHKgrLmXshuXxqeY9SYcfbshpAqPG")  # fmt: skip
KEYGEN = "immense soup feed arrest erupt arrow little nephew regular trap radio danger"
KEYGEN_ADDRESSES = {
    None: "jtFuWc4r1Y6UNuU13LngguXuyozapVnRVfnv9VwqWKr",
    "?key=0/1": "EqqwJANhbtzB2bwFv7N4wEQA8fj3hxAJsoq7iE9szEN8",
    "?full-path=m/44/2017/0/1": "97oZZGsDN5nobMDsk4XDhPHjExxqAS5ehfFRUAyBNHEF",
}


@pytest.mark.parametrize("account", range(len(COOKBOOK_ACCOUNTS)))
def test_the_accounts_of_a_phrase(account: int) -> None:
    path = derivation_path(f"?key={account}/0")
    assert path == f"m/44'/501'/{account}'/0'"
    assert str(recover(COOKBOOK, path=path).pubkey()) == COOKBOOK_ACCOUNTS[account]
    assert str(recover(COOKBOOK).pubkey()) == COOKBOOK_ACCOUNTS[0]


def test_a_phrase_without_a_path() -> None:
    phrase, address = NO_PATH
    assert str(recover(phrase, path=None).pubkey()) == address


@pytest.mark.parametrize("query", KEYGEN_ADDRESSES)
def test_what_solana_keygen_says(query: str | None) -> None:
    path = None if query is None else derivation_path(query)
    assert str(recover(KEYGEN, path=path).pubkey()) == KEYGEN_ADDRESSES[query]


def test_paths_as_the_solana_cli_reads_them() -> None:
    assert derivation_path("") == derivation_path("?") == BIP44 == "m/44'/501'"
    assert derivation_path("?key=3") == "m/44'/501'/3'"
    assert derivation_path("?key=0'/0'") == derivation_path("?key=0/0") == FIRST_ACCOUNT
    assert derivation_path("full-path=m/44'/501'/7'") == "m/44'/501'/7'"


@pytest.mark.parametrize(
    "query",
    ["?key=", "?key=0/0/0", "?key=-1", "?key=2147483648", "?key=a", "?path=m/1", "?full-path=44/501", "?full-path=m",
     "?key=0&key=1", "?full-path=m/" + "/".join("1" * 9)],
)  # fmt: skip
def test_no_path_is_one_sentence(query: str) -> None:
    with pytest.raises(MaiError):
        derivation_path(query)


@pytest.mark.parametrize("words", sorted(WORDS))
def test_a_new_phrase_recovers(words: int) -> None:
    phrase = new_phrase(words)
    assert len(phrase.split()) == words
    assert recover(phrase) == recover(f"  {phrase.upper()}\n")
    assert recover(phrase) != recover(phrase, "a passphrase")


@given(st.text(max_size=200))
def test_other_texts_are_refused_without_being_repeated(text: str) -> None:
    with pytest.raises(MaiError) as caught:
        recover(text)
    assert len(text.strip()) < 4 or text.strip() not in str(caught.value)


def test_a_word_out_of_place_is_noticed() -> None:
    words = COOKBOOK.split()
    with pytest.raises(MaiError, match="checksum"):
        recover(" ".join([words[1], words[0], *words[2:]]))
    with pytest.raises(MaiError, match="word"):
        recover(" ".join([*words[:-1], "zzzz"]))
