"""What a failure means for the loop.

TransientError      the outside is not ready: wait and try again, nothing is lost
PoisonRecord        this record can never be read: dead letter
BatchAborted        the transaction was aborted: rewind to the committed offsets
CommitUnknown       the commit may have happened: look at the committed offsets
Stop                the process must end, with an exit code
  TwinRunning       another process has this instance's identity (exit code 75)
  Refused           going on would be wrong: says what to do (exit code 1)
"""


class TransientError(Exception):
    """Something outside is not ready; the same call may succeed later."""


class PoisonRecord(Exception):
    """A record that can never be decoded. reason: code of DeadLetter.avsc."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


class BatchAborted(Exception):
    """The transaction was aborted; nothing of the batch is visible."""


class CommitUnknown(Exception):
    """The commit timed out or its producer was lost: it may have happened."""


class Stop(Exception):
    """The process must end."""

    exit_code = 1


class TwinRunning(Stop):
    """Another process runs with the same instance identity."""

    exit_code = 75


class Refused(Stop):
    """Going on would lose or falsify data."""
