"""Images for the digits circuit: scikit-learn's held-out digits, and any picture of a digit brought into their form.

An image is 64 floats, row by row, each k/16 with k from 0 (background) to 16 (ink): exact in the circuit's fixed point.
The set is the UCI optical digits: 32×32 bitmaps, ink counted in 4×4 blocks; a digit fills its image's height.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mai_zk.errors import ZkError

SIDE = 8
LEVELS = 16
HELD_OUT = 360
"""Images that training never sees."""
_SPLIT_SEED = 0
_FINE = 4 * SIDE
_MAX_WIDTH = 20
MAX_IMAGE_BYTES = 16 * 1024 * 1024
MAX_IMAGE_PIXELS = 32 * 1024 * 1024
_MIN_CONTRAST = 32

Floats = NDArray[np.float64]


def dataset() -> tuple[Floats, NDArray[np.int64], Floats, NDArray[np.int64]]:
    """(training images, training labels, held-out images, held-out labels); an image is a row of 64 values 0 to 1."""
    from sklearn.datasets import load_digits

    data = load_digits()
    images = np.asarray(data.data, dtype=np.float64) / LEVELS
    labels = np.asarray(data.target, dtype=np.int64)
    order = np.random.default_rng(_SPLIT_SEED).permutation(len(images))
    held_out, training = order[:HELD_OUT], order[HELD_OUT:]
    return images[training], labels[training], images[held_out], labels[held_out]


def sample(digit: int) -> list[float]:
    """The most typical held-out image of a digit from 0 to 9 (nearest to their mean), 64 values."""
    if isinstance(digit, bool) or digit not in range(10):
        raise ZkError(f"A digit is a whole number from 0 to 9, not {digit!r}.")
    _, _, images, labels = dataset()
    candidates = images[labels == digit]
    distances = ((candidates - candidates.mean(axis=0)) ** 2).sum(axis=1)
    values: list[float] = candidates[int(np.argmin(distances))].tolist()
    return values


def load_image(path: Path) -> list[float]:
    """A picture of one digit, brought into the set's form; ZkError if it cannot be read or shows nothing.

    Grey levels; inverted where the background is light; cropped to the ink; stretched to the full height and squeezed
    to 5/8 of the width, as the set's digits are; centred; ink averaged in 4×4 blocks. A picture of exactly 8×8 pixels
    is only inverted where its background is light.
    """
    ink = _ink(_grey(path), path)
    if ink.shape != (SIDE, SIDE):
        ink = _normalise(ink)
    counts = np.clip(np.rint(ink * LEVELS), 0, LEVELS)
    values: list[float] = (counts / LEVELS).reshape(-1).tolist()
    return values


def _grey(path: Path) -> Floats:
    """The picture's grey levels from 0 to 255, transparency shown on white."""
    from PIL import Image, UnidentifiedImageError

    try:
        if path.stat().st_size > MAX_IMAGE_BYTES:
            raise ZkError(f"The image {path} is larger than {MAX_IMAGE_BYTES >> 20} MiB; make it smaller.")
        with Image.open(path) as image:
            if image.width * image.height > MAX_IMAGE_PIXELS:
                raise ZkError(f"The image {path} has {image.width}×{image.height} pixels; make it smaller.")
            rgba = image.convert("RGBA")
            white = Image.new("RGBA", rgba.size, "white")
            return np.asarray(Image.alpha_composite(white, rgba).convert("L"), dtype=np.float64)
    except UnidentifiedImageError as error:
        raise ZkError(f"{path} is not an image that can be read; give a PNG file of one digit.") from error
    except OSError as error:
        raise ZkError(f"The image {path} cannot be read ({error.strerror or 'it is damaged'}).") from error
    except (ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise ZkError(f"The image {path} is damaged or too large; give a PNG file of one digit.") from error


def _ink(grey: Floats, path: Path) -> Floats:
    """Ink from 0 (background) to 1: the border's median grey is the background, the level farthest from it is ink."""
    border = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    background = float(np.median(border))
    light = background > (grey.min() + grey.max()) / 2
    ink = background - grey if light else grey - background
    if float(ink.max()) < _MIN_CONTRAST:
        raise ZkError(f"The image {path} is of one shade; give a dark digit on a light background, or the reverse.")
    clipped: Floats = np.clip(ink / ink.max(), 0, 1)
    return clipped


def _normalise(ink: Floats) -> Floats:
    """Any size to 8×8: crop to the ink, scale to 32 rows, centre, thicken thin strokes, average 4×4 blocks."""
    mask = ink > 0.5
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    cropped = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    width = min(_MAX_WIDTH, max(1, round(cropped.shape[1] * _FINE / cropped.shape[0])))
    canvas = np.zeros((_FINE, _FINE))
    left = (_FINE - width) // 2
    canvas[:, left : left + width] = _resize(cropped, _FINE, width)
    blocks = canvas.reshape(SIDE, 4, SIDE, 4).mean(axis=(1, 3))
    # Pens differ in width: the densest tenth of the inked blocks is full ink, as in the set.
    full = float(np.quantile(blocks[blocks > 0], 0.9))
    scaled: Floats = np.clip(blocks / full, 0, 1)
    return scaled


def _resize(ink: Floats, height: int, width: int) -> Any:
    """Area-averaged resize (Pillow's box filter when shrinking)."""
    from PIL import Image

    image = Image.fromarray(ink.astype(np.float32))
    return np.clip(np.asarray(image.resize((width, height), Image.Resampling.BOX), dtype=np.float64), 0, 1)
