"""`python -m services.monitoring`."""

import sys

from services.chassis.runner import main
from services.monitoring.app import build
from services.monitoring.settings import MonitoringSettings

if __name__ == "__main__":
    sys.exit(main("monitoring", MonitoringSettings, build))
