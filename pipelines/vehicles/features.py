"""What a network is shown of a picture: how strong its edges are, by place and direction.

A histogram of oriented gradients (Dalal and Triggs 2005) without its normalisation, so that a darker scene looks
different.
"""

from collections.abc import Sequence
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Floats = NDArray[np.float64]

SIDE, CELLS, DIRECTIONS = 32, 4, 3


def edges(images: Sequence[bytes | None]) -> Floats:
    """Of each image 4 x 4 cells x 3 directions: the mean strength of edges, missing where there is no image."""
    return np.stack([_edges(image) for image in images])


def _edges(image: bytes | None) -> Floats:
    grey = _grey(image)
    if grey is None:
        return np.full(CELLS * CELLS * DIRECTIONS, np.nan)
    across, down = np.zeros_like(grey), np.zeros_like(grey)
    across[:, 1:-1] = grey[:, 2:] - grey[:, :-2]
    down[1:-1] = grey[2:] - grey[:-2]
    strength = np.hypot(across, down)
    angle = np.mod(np.arctan2(down, across), np.pi)
    direction = np.minimum((angle / np.pi * DIRECTIONS).astype(int), DIRECTIONS - 1)
    width = SIDE // CELLS
    cells = [np.where(direction == one, strength, 0).reshape(CELLS, width, CELLS, width) for one in range(DIRECTIONS)]
    return np.stack([one.mean(axis=(1, 3)) for one in cells], axis=-1).ravel()


def _grey(image: bytes | None) -> Floats | None:
    try:
        with Image.open(BytesIO(image or b"")) as opened:
            return np.asarray(opened.convert("L").resize((SIDE, SIDE)), float)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
