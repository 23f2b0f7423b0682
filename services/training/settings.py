"""Settings of the training service."""

from pydantic import Field, SecretStr

from services.chassis.settings import ChassisSettings


class TrainingSettings(ChassisSettings):
    """What a run is worked on with, and within what limits."""

    run_seconds: float = Field(900.0, gt=0, description="Wall time after which a run has failed.")
    run_memory_mb: int = Field(
        4096, ge=64, description="Megabytes of memory, its workers' among it, beyond which a run has failed."
    )
    run_workers: int = Field(1, ge=1, description="Processes that a run spreads its fits over; 1: its own alone.")
    run_cluster: str = Field(
        "",
        pattern=r"^([a-z]+://\S+)?$",
        description="Dask scheduler, `tcp://host:8786`, whose workers do the fits in place of ours; empty for none.",
    )
    run_image: str = Field(
        "",
        pattern=r"^([a-z0-9][\w./:@-]*)?$",
        description="Image of the container that runs are worked on in, best by digest; empty outside of containers.",
    )
    run_nice: int = Field(5, ge=0, le=19, description="How much a run yields to the services beside it.")
    run_seed: int = Field(7, ge=0, lt=2**32, description="Seed of learners, searches and intervals.")
    mlflow_tracking_uri: str = Field(
        "",
        validation_alias="MLFLOW_TRACKING_URI",
        description="URL of an MLflow server that finished runs are exported to; empty for none.",
    )
    openlineage_url: str = Field(
        "",
        validation_alias="OPENLINEAGE_URL",
        description="URL of a server that events of OpenLineage are sent to; empty for none.",
    )
    openlineage_endpoint: str = Field(
        "api/v1/lineage", validation_alias="OPENLINEAGE_ENDPOINT", description="Where below that URL it takes them."
    )
    openlineage_api_key: SecretStr = Field(
        SecretStr(""), validation_alias="OPENLINEAGE_API_KEY", description="Key that it asks for; empty for none."
    )
    openlineage_namespace: str = Field(
        "driftmill",
        min_length=1,
        validation_alias="OPENLINEAGE_NAMESPACE",
        description="Namespace of the jobs in these events.",
    )
