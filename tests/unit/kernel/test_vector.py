import numpy as np
import pytest

from services.kernel.vector import pack, unpack


@pytest.mark.parametrize("shape", [(3, 2), (1, 1), (0, 4), (2, 0)])
def test_vectors_survive_packing(shape: tuple[int, int]) -> None:
    matrix = np.linspace(-1, 1, shape[0] * shape[1]).astype(np.float32).reshape(shape)
    packed = pack(matrix)
    assert [len(vector) for vector in packed] == [4 * shape[1]] * shape[0]
    assert unpack(packed, shape[1]).tobytes() == matrix.tobytes()
    assert unpack(packed, shape[1]).shape == shape


def test_a_vector_is_little_endian_single_precision() -> None:
    assert pack(np.array([[1.0, np.nan]], np.float32)) == [b"\x00\x00\x80\x3f\x00\x00\xc0\x7f"]


def test_a_view_is_packed_as_its_values() -> None:
    matrix = np.arange(6, dtype=np.float32).reshape(2, 3)
    assert pack(matrix[:, ::2]) == pack(matrix[:, ::2].copy())


def test_a_vector_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="expected 8 bytes for 2 numbers, found 4"):
        unpack([b"12345678", b"1234"], 2)
