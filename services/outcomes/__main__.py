"""`python -m services.outcomes`."""

import sys

from services.chassis.runner import main
from services.outcomes.app import build
from services.outcomes.settings import OutcomesSettings

if __name__ == "__main__":
    sys.exit(main("outcomes", OutcomesSettings, build))
