"""An 8×8 image in the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

SHADES = " .:-=+*#%@"


def _level(value: float) -> float:
    return min(max(value, 0.0), 1.0)


def draw(pixels: Sequence[float], *, colour: bool, width: int = 8) -> Text:
    """Draw grey values, two characters a pixel: half blocks in colour (two rows a line), else shades of characters.

    Args:
        pixels: row by row, 0 (paper) to 1 (ink).
        colour: whether the terminal shows colours.
        width: pixels a row.
    """
    rows = [pixels[start : start + width] for start in range(0, len(pixels), width)]
    picture = Text()
    if not colour:
        for row in rows:
            picture.append("".join(SHADES[round(_level(value) * (len(SHADES) - 1))] * 2 for value in row) + "\n")
        return picture

    def shade(value: float) -> str:
        grey = round(255 * _level(value))
        return f"rgb({grey},{grey},{grey})"

    for upper, lower in zip(rows[::2], rows[1::2], strict=True):
        for top, bottom in zip(upper, lower, strict=True):
            picture.append("▀▀", style=f"{shade(top)} on {shade(bottom)}")
        picture.append("\n")
    return picture
