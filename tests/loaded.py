"""All modules of ours, and so all that they load: imported by the process that programs of tests are forked from."""

import gc
import os
from importlib import import_module
from pkgutil import walk_packages

import services
from services.broker.environment import child_environment

# what `python -m` runs is not loaded before
_RUN = (".__main__", "services.cli.main", "services.cli.edge", "services.cli.tether")

os.environ.update(child_environment())  # ONNX Runtime would start a thread
for _module in walk_packages(services.__path__, "services."):
    if not any(part in _module.name for part in _RUN):
        import_module(_module.name)
gc.freeze()
