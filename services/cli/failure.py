"""An error of the command, told in one or two sentences that say what to do next."""

OK, FAILED, USAGE, UNSUPPORTED = 0, 1, 2, 3
"""Exit codes."""


class Failure(Exception):
    """Ends the command. code: its exit code."""

    def __init__(self, message: str, code: int = FAILED) -> None:
        super().__init__(message)
        self.code = code
