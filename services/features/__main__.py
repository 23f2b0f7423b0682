"""python -m services.features"""

from services.chassis.runner import main
from services.contracts.topics import stage_of
from services.features.app import build
from services.features.settings import FeaturesSettings

if __name__ == "__main__":
    raise SystemExit(main("features", FeaturesSettings, build, lambda settings: stage_of(settings.entity)))
