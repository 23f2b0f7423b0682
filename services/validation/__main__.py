"""python -m services.validation"""

from services.chassis.runner import main
from services.validation.app import build
from services.validation.settings import ValidationSettings

if __name__ == "__main__":
    raise SystemExit(main("validation", ValidationSettings, build))
