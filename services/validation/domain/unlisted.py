"""What is told of labels that say a class that isn't in the pipeline's list."""

from typing import Any

from services.contracts.profile import MAX_NAME

STREAM = "classes"
RESULT = "unlisted_class"
"""What such labels are counted as."""


def unlisted_profile(name: str, known_at: int, length: int, partition: int, watermark: int) -> dict[str, Any]:
    """A `driftmill.ProfileClosed` that says that there is one, the same for all labels of the class and of the window
    of `length` microseconds in which they became known. watermark: of events; `closed_at` is the window boundary
    that it has passed, as of other profiles.
    """
    start = known_at // length * length
    return {
        "stream": STREAM,
        "window_start": start,
        "window_end": start + length,
        "version": "",
        "slice": f"class={name.encode()[:MAX_NAME].decode(errors='ignore')}",
        "partition": partition,
        "up_to_seq": -1,
        "rows": 1,
        "positives": 0,
        "correct": 0,
        "censored": 0,
        "fields": [],
        "errors": [],
        "closed_at": watermark // length * length,
        "decided": 0,
        "saturated": 0,
        "promised": 0.0,
        "beside": 0,
        "cost": None,
        "reliability": [],
        "pairs": [],
        "refused": [],
        "closed_by_source": False,
        "correlation": None,
    }
