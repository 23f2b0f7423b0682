"""Which partition a key belongs to: murmur2, as Java's default partitioner and librdkafka's `murmur2_random` have it.

Source: org.apache.kafka.common.utils.Utils.murmur2 of Apache Kafka.
"""

from functools import lru_cache

_SEED = 0x9747B28C
_M = 0x5BD1E995
_R = 24
_MASK = 0xFFFFFFFF


def murmur2(data: bytes) -> int:
    """32-bit MurmurHash2 of `data`, as an unsigned integer (Java shows the same bits as a signed one)."""
    length = len(data)
    whole = length & ~3
    h = _SEED ^ length
    for start in range(0, whole, 4):
        k = int.from_bytes(data[start : start + 4], "little") * _M & _MASK
        k = (k ^ k >> _R) * _M & _MASK
        h = (h * _M & _MASK) ^ k
    if whole < length:
        h = (h ^ int.from_bytes(data[whole:], "little")) * _M & _MASK
    h = (h ^ h >> 13) * _M & _MASK
    return h ^ h >> 15


@lru_cache(maxsize=65_536)
def partition_of(key: bytes, partitions: int) -> int:
    """The partition out of `partitions` in which records of `key` belong."""
    return (murmur2(key) & 0x7FFFFFFF) % partitions
