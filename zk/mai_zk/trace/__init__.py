"""Traces of a run in segments: what a miner commits to, what is drawn, what it opens (docs/reference/trace.md).

merkle: the trees; manifest: a model's graph; work: one run's trees; draw: seeds and indices; opening: what is shown of
a draw; sizing: how many draws a graph needs; op, executed: what the chain computes itself. No chain here.
"""

from mai_zk.trace.manifest import INPUT, Edge, Kind, Manifest, Segment, carried, same
from mai_zk.trace.work import Leaf, Position, Token, Work

__all__ = ["INPUT", "Edge", "Kind", "Leaf", "Manifest", "Position", "Segment", "Token", "Work", "carried", "same"]
