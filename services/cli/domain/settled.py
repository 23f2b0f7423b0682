"""Which records of a raw partition were refused, given up or moved elsewhere: one bit an offset."""


class Settled:
    """Offsets of one topic and partition that are accounted for elsewhere than in the log."""

    __slots__ = ("_bits", "marked")

    def __init__(self) -> None:
        self._bits = bytearray()
        self.marked = 0

    def mark(self, offset: int) -> bool:
        """Account for an offset; False if it was already."""
        place, bit = offset >> 3, 1 << (offset & 7)
        if place >= len(self._bits):
            self._bits.extend(bytes(place + 1 - len(self._bits) + len(self._bits) // 2))
        if self._bits[place] & bit:
            return False
        self._bits[place] |= bit
        self.marked += 1
        return True

    def __contains__(self, offset: int) -> bool:
        place = offset >> 3
        return place < len(self._bits) and bool(self._bits[place] & (1 << (offset & 7)))
