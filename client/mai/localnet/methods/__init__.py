"""The API's methods, one module a concern; importing this registers them all."""

from mai.localnet.methods import accounts, blocks, chain, cluster, send, tokens, transactions, warp

__all__ = ["accounts", "blocks", "chain", "cluster", "send", "tokens", "transactions", "warp"]
