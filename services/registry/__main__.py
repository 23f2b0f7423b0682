"""python -m services.registry"""

from services.chassis.runner import main
from services.registry.app import build
from services.registry.settings import RegistrySettings

if __name__ == "__main__":
    raise SystemExit(main("registry", RegistrySettings, build))
