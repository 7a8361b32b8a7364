"""Clusters by name: the Solana CLI's names and letters, their addresses, and the explorer's links."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

from mai.errors import MaiError

MONIKERS = {
    "localhost": "http://127.0.0.1:8899",
    "devnet": "https://api.devnet.solana.com",
    "testnet": "https://api.testnet.solana.com",
    "mainnet-beta": "https://api.mainnet-beta.solana.com",
}
LETTERS = {name[0]: name for name in MONIKERS}
GENESIS_HASHES = {
    "5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d": "mainnet-beta",
    "EtWTRABZaYq6iMfeYKouRu166VU2xqa1wcaWoxPkrZBG": "devnet",
    "4uhcVJyU9pJkvQyS88uRDiswHXSCkY3zQawwpjk2NsNY": "testnet",
}
"""What tells the public clusters apart, whoever serves them."""
EXPLORER = "https://explorer.solana.com"
MAX_URL = 2_048


def address_of(text: str) -> str:
    """The RPC address of a cluster that somebody named.

    Raises:
        MaiError: it is neither a name, nor a name's letter, nor an address.
    """
    name = LETTERS.get(text, text)
    if name in MONIKERS:
        return MONIKERS[name]
    try:
        good = urlsplit(text).scheme in ("http", "https") and bool(urlsplit(text).hostname) and len(text) <= MAX_URL
    except ValueError:
        good = False
    if not good:
        raise MaiError(f"{text} is no cluster: choose {', '.join(MONIKERS)} or an RPC address such as http://HOST:8899")
    return text


def shown(url: str) -> str:
    """An address as people may see it: providers put their keys into the path, the query or the user part."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def websocket_of(url: str) -> str:
    """The WebSocket address that belongs to an RPC address, as the Solana CLI finds it: one port higher where one is
    named."""
    parts = urlsplit(address_of(url))
    scheme = "wss" if parts.scheme == "https" else "ws"
    place = parts.netloc if parts.port is None else f"{parts.netloc.rpartition(':')[0]}:{parts.port + 1}"
    return parts._replace(scheme=scheme, netloc=place).geturl()


def public_name(url: str) -> str | None:
    """The public cluster's name if ``url`` is its own address; None for any other address."""
    return next((name for name, known in MONIKERS.items() if known == url and name != "localhost"), None)


def explorer_link(cluster: str, kind: str, what: str) -> str:
    """Where people can look at a transaction (``tx``) or an account (``address``) of a public cluster."""
    return f"{EXPLORER}/{kind}/{quote(what)}{'' if cluster == 'mainnet-beta' else f'?cluster={cluster}'}"
