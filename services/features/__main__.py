"""python -m services.features"""

from services.chassis.runner import main
from services.features.app import build
from services.features.settings import FeaturesSettings

if __name__ == "__main__":
    raise SystemExit(main("features", FeaturesSettings, build))
