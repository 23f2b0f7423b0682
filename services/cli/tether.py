"""Runs a module in a process that ends with its parent, even if the parent is killed.

`python -m services.cli.tether <fd> <module> …`: the parent holds the writing end of a pipe whose reading end is `fd`.
When the parent is gone, the pipe ends, and with it this process group: first politely, then for certain.
"""

import os
import runpy
import signal
import sys
import threading

_GRACE_SECONDS = 10.0


def watch(descriptor: int) -> None:
    """End the process group when the pipe ends."""
    os.read(descriptor, 1)
    os.killpg(0, signal.SIGTERM)
    threading.Event().wait(_GRACE_SECONDS)
    os.killpg(0, signal.SIGKILL)


def main() -> None:
    """Tie this process to its parent, then become the module."""
    descriptor, module = int(sys.argv[1]), sys.argv[2]
    threading.Thread(target=watch, args=(descriptor,), name="tether", daemon=True).start()
    sys.argv = sys.argv[2:]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
