"""Language models whose runs can be proved: their integer arithmetic, their segments, their traces. No chain here."""

from mai_zk.language.registry import load, names

__all__ = ["load", "names"]
