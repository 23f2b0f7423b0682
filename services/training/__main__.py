"""python -m services.training"""

from services.chassis.runner import main
from services.training.app import build
from services.training.settings import TrainingSettings

if __name__ == "__main__":
    raise SystemExit(main("training", TrainingSettings, build))
