"""python -m services.inference"""

from services.chassis.runner import main
from services.inference.app import build
from services.inference.settings import InferenceSettings

if __name__ == "__main__":
    raise SystemExit(main("inference", InferenceSettings, build))
