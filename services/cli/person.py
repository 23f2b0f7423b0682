"""Who asks, for the audit trail."""

import getpass
import os


def person() -> str:
    """The user's name on this machine, or the number where there is no name, as in many containers."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return f"uid {os.getuid()}" if hasattr(os, "getuid") else "unknown"
