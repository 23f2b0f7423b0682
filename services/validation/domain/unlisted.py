"""What is told of labels that say a class that isn't in the pipeline's list."""

from typing import Any

from services.contracts.profile import MAX_NAME, blank_profile

STREAM = "classes"
RESULT = "unlisted_class"
"""What such labels are counted as."""


def unlisted_profile(name: str, known_at: int, length: int, partition: int, watermark: int) -> dict[str, Any]:
    """A `driftmill.ProfileClosed` that says that there is one, the same for all labels of the class and of the window
    of `length` microseconds in which they became known. watermark: of events; `closed_at` is the window boundary
    that it has passed, as of other profiles.
    """
    start = known_at // length * length
    return blank_profile(STREAM, start, start + length, partition) | {
        "slice": f"class={name.encode()[:MAX_NAME].decode(errors='ignore')}",
        "rows": 1,
        "closed_at": watermark // length * length,
    }
