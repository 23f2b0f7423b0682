import pytest

from services.contracts.partition import murmur2, partition_of

# Utils.murmur2 of Apache Kafka, from its own UtilsTest
KNOWN = {
    b"21": -973932308,
    b"foobar": -790332482,
    b"a-little-bit-long-string": -985981536,
    b"a-little-bit-longer-string": -1486304829,
    b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971,
    b"abc": 479470107,
}


@pytest.mark.parametrize(("key", "signed"), KNOWN.items())
def test_hashes_as_java_does(key: bytes, signed: int) -> None:
    assert murmur2(key) == signed & 0xFFFFFFFF


def test_is_never_negative_and_within_the_count() -> None:
    for key in KNOWN:
        assert partition_of(key, 7) == (murmur2(key) & 0x7FFFFFFF) % 7
    assert {partition_of(f"c{n}".encode(), 4) for n in range(100)} == {0, 1, 2, 3}


def test_one_partition_takes_everything() -> None:
    assert partition_of(b"", 1) == partition_of("grüße".encode(), 1) == 0
