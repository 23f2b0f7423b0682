"""Feature vectors as they travel: packed little-endian float32."""

from collections.abc import Sequence

import numpy as np

from services.kernel.tables import Singles

WIDTH = 4


def pack(matrix: Singles) -> list[bytes]:
    """Each row of a float32 matrix [n, k] as 4 k bytes."""
    data = np.ascontiguousarray(matrix, "<f4").tobytes()
    size = WIDTH * matrix.shape[1]
    return [data[start : start + size] for start in range(0, len(data), size)] if size else [b""] * len(matrix)


def unpack(vectors: Sequence[bytes], k: int) -> Singles:
    """The matrix [n, k] of packed vectors. ValueError if one isn't of 4 k bytes."""
    if wrong := set(map(len, vectors)) - {WIDTH * k}:
        raise ValueError(f"feature vector: expected {WIDTH * k} bytes for {k} numbers, found {min(wrong)}")
    return np.frombuffer(b"".join(vectors), "<f4").reshape(len(vectors), k).astype(np.float32, copy=False)
