"""The image in the terminal."""

from mai.demo.picture import SHADES, draw
from mai_zk.digits import sample


def test_without_colour_ink_is_dark_and_paper_is_empty() -> None:
    lines = draw([0.0] * 32 + [1.0] * 32, colour=False).plain.splitlines()
    assert lines == [SHADES[0] * 16] * 4 + [SHADES[-1] * 16] * 4


def test_with_colour_two_rows_share_a_line() -> None:
    picture = draw([0.0, 1.0] * 32, colour=True)
    assert len(picture.plain.splitlines()) == 4
    assert "rgb(255,255,255) on rgb(255,255,255)" in {str(span.style) for span in picture.spans}


def test_every_sample_digit_shows_ink() -> None:
    assert all(draw(sample(digit), colour=False).plain.strip() for digit in range(10))
