"""`python -m services.registry.release <text|json>`: how the version in flight does, from the registry's own log."""

import sys
from typing import Any

import orjson

from services.chassis import logs
from services.chassis.configs import applied_pipeline, bare_codec
from services.chassis.errors import Stop, TransientError
from services.chassis.reading import read_topic
from services.contracts.pipeline import PipelineInvalid
from services.registry.domain.flight_report import report_of, told
from services.registry.domain.plan import plan_of
from services.registry.domain.versions import Versions
from services.registry.settings import RegistrySettings


def main(form: str) -> int:
    """Write the report to standard output; returns the exit code."""
    settings_of: Any = RegistrySettings
    try:
        settings = settings_of()
        logs.configure("registry", settings.log_level)
        pipeline = applied_pipeline(settings)
        plan = plan_of(pipeline, settings.partitions)
        versions = Versions(partitions=plan.partitions)
        versions.apply([record.value for record in read_topic(settings, bare_codec(settings), "models.history")])
        sliced = versions.flight is not None and pipeline.event.groups
        profiles = read_topic(settings, bare_codec(settings), "profiles") if sliced else ()
        report = report_of(versions, plan, (record.value for record in profiles))
    except (ValueError, TransientError, Stop, PipelineInvalid) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(orjson.dumps(report).decode() + "\n" if form == "json" else told(report))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1]))
