"""What the owner of a partition leaves to the next one."""


class Succession:
    """Nothing; a service that answers by more than its log says what."""

    def told(self) -> str:
        """Told with each commit, as metadata of the offsets."""
        return ""

    def heed(self, told: str) -> None:
        """Given what the last owner told, before a partition is taken over. Raises TransientError while this process
        can't live up to it."""


NOTHING = Succession()
