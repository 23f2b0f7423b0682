"""A program that owns a local broker in the directory it is given, says so, and waits to be killed."""

import signal
import sys
from pathlib import Path

from services.broker.local import LocalBroker

LocalBroker(Path(sys.argv[1]), detached=False).up()
sys.stdout.write("up\n")
sys.stdout.flush()
signal.pause()
