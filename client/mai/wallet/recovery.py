"""BIP-39 recovery phrases and the keypairs that come of them, equal to what `solana-keygen` makes."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl

from mnemonic import Mnemonic
from solders.keypair import Keypair

from mai.errors import MaiError

BIP44 = "m/44'/501'"
"""Solana's branch: what `prompt:` alone means, in the Solana CLI and here."""
FIRST_ACCOUNT = "m/44'/501'/0'/0'"
"""The account that Phantom, Solflare and others show first: ``?key=0/0``."""
MAX_DEPTH = 8
HARDENED = 2**31
WORDS = {12: 128, 15: 160, 18: 192, 21: 224, 24: 256}
"""Lengths of a phrase, with the bits that they stand for."""
_STEP = re.compile(r"([0-9]{1,10})'?")


def derivation_path(query: str) -> str:
    """The path that a ``prompt:`` URI's query names: ``key=ACCOUNT[/CHANGE]``, ``full-path=m/…`` or nothing.

    Every step is hardened, written or not: Ed25519 knows no others.

    Raises:
        MaiError: it names something else.
    """
    given = parse_qsl(query.removeprefix("?"), keep_blank_values=True, max_num_fields=4)
    if not query.removeprefix("?"):
        return BIP44
    if len(given) != 1 or given[0][0] not in ("key", "full-path"):
        raise MaiError(
            "a recovery phrase takes ?key=ACCOUNT, ?key=ACCOUNT/CHANGE or ?full-path=m/44/501/…, one of them"
        )
    (name, text), most = given[0], 2
    if name == "full-path":
        start, _, text = text.partition("/")
        if start != "m":
            raise MaiError("a full derivation path begins with m/")
        most = MAX_DEPTH
    steps = text.split("/")
    found = [_STEP.fullmatch(step) for step in steps]
    if len(steps) > most or any(step is None or int(step[1]) >= HARDENED for step in found):
        raise MaiError(f"{text} is no derivation path: at most {most} numbers below 2**31, with / between them")
    path = "".join(f"/{int(step[1])}'" for step in found if step)
    return f"m{path}" if name == "full-path" else f"{BIP44}{path}"


def new_phrase(words: int = 12) -> str:
    """A fresh phrase of English words.

    Raises:
        MaiError: no phrase has so many words.
    """
    if words not in WORDS:
        raise MaiError(f"a recovery phrase has {', '.join(map(str, WORDS))} words, not {words}")
    return str(Mnemonic("english").generate(WORDS[words]))


def recover(phrase: str, passphrase: str = "", path: str | None = FIRST_ACCOUNT) -> Keypair:
    """The keypair of a phrase.

    Args:
        path: a derivation path; None for the seed's first 32 bytes, as `solana-keygen new` makes it without a path.

    Raises:
        MaiError: it is no phrase: a word is unknown or the checksum is wrong. The phrase itself is never repeated.
    """
    words = phrase.split()
    if len(words) not in WORDS:
        raise MaiError(f"a recovery phrase has {', '.join(map(str, WORDS))} words, not {len(words)}")
    text = " ".join(word.lower() for word in words)
    try:
        good = Mnemonic(Mnemonic.detect_language(text)).check(text)
    except Exception as error:  # the library's own class for a phrase of no language
        raise MaiError("this is no recovery phrase: a word is in no word list") from error
    if not good:
        raise MaiError("this is no recovery phrase: its checksum is wrong, so a word is wrong or out of place")
    seed = Mnemonic.to_seed(text, passphrase)
    return Keypair.from_seed(seed[:32]) if path is None else Keypair.from_seed_and_derivation_path(seed, path)
