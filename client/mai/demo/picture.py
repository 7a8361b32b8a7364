"""An 8×8 image in the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

FULL_INK = 1.0


def draw(pixels: Sequence[float], width: int = 8) -> Text:
    """Draw grey values as half-block characters, two columns a pixel and two rows a line.

    Args:
        pixels: row by row, 0 (paper) to 1 (ink).
        width: pixels a row.
    """

    def shade(value: float) -> str:
        level = round(255 * min(max(value / FULL_INK, 0.0), 1.0))
        return f"rgb({level},{level},{level})"

    rows = [pixels[start : start + width] for start in range(0, len(pixels), width)]
    picture = Text()
    for upper, lower in zip(rows[::2], rows[1::2], strict=True):
        for top, bottom in zip(upper, lower, strict=True):
            picture.append("▀▀", style=f"{shade(top)} on {shade(bottom)}")
        picture.append("\n")
    return picture
