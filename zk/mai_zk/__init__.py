"""Proofs of model segments with EZKL, and the key programs that verify them on Solana."""
