"""Digit images: samples of the set, pictures of any size and polarity, and files that are refused."""

from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from mai_zk import circuits, digits
from mai_zk.errors import ZkError
from PIL import Image, ImageDraw


@pytest.fixture(scope="module")
def classify():  # type: ignore[no-untyped-def]
    """The float model's prediction for 64 values."""
    session = onnxruntime.InferenceSession(circuits.load("digits").segment.onnx_bytes())
    return lambda values: int(session.run(None, {"image": np.array([values], dtype=np.float32)})[0].argmax())


@pytest.mark.parametrize("digit", range(10))
def test_samples_are_held_out_images_that_the_model_reads(digit: int, classify) -> None:  # type: ignore[no-untyped-def]
    values = digits.sample(digit)
    training, _, held_out, labels = digits.dataset()
    assert classify(values) == digit
    assert any(np.array_equal(values, image) for image in held_out[labels == digit])
    assert all(value * 16 == round(value * 16) and 0 <= value <= 1 for value in values)
    assert len(training) + len(held_out) == 1797


@pytest.mark.parametrize("bad", [-1, 10, True, 3.5, "3"])
def test_other_digits_are_refused(bad: int) -> None:
    with pytest.raises(ZkError, match="0 to 9"):
        digits.sample(bad)


def picture(values: list[float], size: int, light: bool) -> Image.Image:
    """A held-out digit as a larger picture with a margin."""
    levels = (np.array(values).reshape(8, 8) * 255).astype(np.uint8)
    image = Image.fromarray(levels).resize((size, size), Image.Resampling.BICUBIC)
    canvas = Image.new("L", (size * 2, size + size // 2), 0)
    canvas.paste(image, (size // 3, size // 4))
    return Image.fromarray(255 - np.asarray(canvas)) if light else canvas


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "P", "1"])
@pytest.mark.parametrize("light", [True, False])
def test_pictures_of_any_polarity_and_mode_are_read(tmp_path: Path, classify, mode: str, light: bool) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "digit.png"
    right = 0
    for digit in range(10):
        picture(digits.sample(digit), 160, light).convert(mode).save(path)
        right += classify(digits.load_image(path)) == digit
    assert right >= 9


def test_an_8x8_picture_is_taken_as_it_is(tmp_path: Path) -> None:
    values = digits.sample(3)
    path = tmp_path / "digit.png"
    Image.fromarray((np.array(values).reshape(8, 8) * 255).astype(np.uint8)).save(path)
    assert digits.load_image(path) == values


def test_transparency_counts_as_white(tmp_path: Path) -> None:
    image = Image.new("RGBA", (60, 80), (0, 0, 0, 0))
    ImageDraw.Draw(image).line((30, 5, 30, 75), fill=(0, 0, 0, 255), width=6)
    image.save(tmp_path / "one.png")
    values = np.array(digits.load_image(tmp_path / "one.png")).reshape(8, 8)
    assert values[:, 3:5].min() >= 0.5 and values[:, [0, 1, 6, 7]].max() == 0


def test_unreadable_pictures_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "digit.png"
    with pytest.raises(ZkError, match="cannot be read"):
        digits.load_image(path)
    with pytest.raises(ZkError, match="cannot be read"):
        digits.load_image(tmp_path)
    for data in (b"", b"no picture", b"\x89PNG\r\n\x1a\n" + bytes(40)):
        path.write_bytes(data)
        with pytest.raises(ZkError, match=r"digit\.png"):
            digits.load_image(path)
    picture(digits.sample(5), 64, True).save(path)
    digits.load_image(path)
    path.write_bytes(path.read_bytes()[:-60])
    with pytest.raises(ZkError, match=r"digit\.png"):
        digits.load_image(path)
    Image.new("L", (50, 50), 200).save(path)
    with pytest.raises(ZkError, match="one shade"):
        digits.load_image(path)
    Image.new("1", (8000, 8000)).save(path)
    with pytest.raises(ZkError, match="make it smaller"):
        digits.load_image(path)
