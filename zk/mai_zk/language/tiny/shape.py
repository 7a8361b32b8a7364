"""The tiny transformer's sizes, fixed-point scales and segments, from which its circuits and its integer path are made.

Every number is an integer; `bits` are those after the binary point. Nothing depends on the absolute position: a head
sees the last `WINDOW` positions by their slot, the last slot being its own position, and slots before the first
position hold zeros.
"""

from __future__ import annotations

from typing import Final

VOCABULARY: Final = 256
"""A token is a byte."""

LOGITS: Final = 128
"""The model reads any byte and answers in ASCII."""

END_TOKEN: Final = 10
"""A line feed."""

NEVER: Final = VOCABULARY
"""An end token that no logit stands for."""

TOKEN_CAP: Final = 128

WIDTH: Final = 32
HEADS: Final = 4
HEAD_WIDTH: Final = 8
WINDOW: Final = 13
HIDDEN: Final = (22, 36)
"""Of the two feed-forward blocks."""

KEYS: Final = WINDOW * HEAD_WIDTH
"""One key and one value a slot, which all heads share."""

PROJECTED: Final = WIDTH + HEADS * HEAD_WIDTH + 2 * HEAD_WIDTH
"""x, queries, key, value."""

ATTENDED: Final = WIDTH + 2 * KEYS
"""x, then the keys and the values of the window, oldest first."""

X_BITS: Final = 7
X_BOUND: Final = 4 << X_BITS
"""x is held within plus and minus this where a projection reads it."""

PROJECTION_BITS: Final = 5
OUTPUT_BITS: Final = 6
FEED_BITS: Final = 6
LOGIT_WEIGHT_BITS: Final = 6
SLOT_BITS: Final = 12
"""Slot biases are rounded to these, as logit biases are: float32 then holds their integers exactly."""

VALUE_BITS: Final = X_BITS + PROJECTION_BITS
SCORE_BITS: Final = 2 * VALUE_BITS
SCORE_MOST: Final = 1 << (SCORE_BITS - 2)
"""A score is clipped to 0 to 1/4."""

ATTENTION_SHIFT: Final = SCORE_BITS + VALUE_BITS + OUTPUT_BITS - X_BITS
FEED_SHIFT: Final = 2 * FEED_BITS
HIDDEN_BITS: Final = X_BITS + FEED_BITS
FED_BITS: Final = X_BITS + FEED_SHIFT
LOGIT_BITS: Final = FED_BITS + LOGIT_WEIGHT_BITS

LOGROWS: Final = 13
DECOMP_BASE: Final = 8000
DECOMP_LEGS: Final = 3
RANGE: Final = DECOMP_BASE**DECOMP_LEGS
"""What a circuit compares must be smaller than this in size, or there is no proof (tests/language bounds it)."""

SEGMENTS: Final = ("tiny-1-project", "tiny-2-attend", "tiny-3-transform", "tiny-4-attend", "tiny-5-answer")
"""The circuits' folders, in a position's order."""

PROJECT, ATTEND_1, TRANSFORM, ATTEND_2, ANSWER = range(5)
WIDTHS: Final = (PROJECTED, ATTENDED, PROJECTED, ATTENDED, LOGITS)
"""Integers in each segment's output."""
