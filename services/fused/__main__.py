"""python -m services.fused"""

from services.chassis.runner import main
from services.fused.app import build
from services.fused.settings import FusedSettings

if __name__ == "__main__":
    raise SystemExit(main("fused", FusedSettings, build, lambda settings: settings.stages))
