"""`python -m services.lake`."""

import sys

from services.chassis.runner import main
from services.lake.app import build
from services.lake.settings import LakeSettings

if __name__ == "__main__":
    sys.exit(main("lake", LakeSettings, build))
