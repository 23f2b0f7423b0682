"""Settings of the environment, read once at the edge from `DRIFTMILL_*` variables."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class ChassisSettings(BaseSettings):
    """What every service needs to know of its environment."""

    model_config = SettingsConfigDict(env_prefix="DRIFTMILL_", frozen=True, extra="ignore")

    pipeline: str = Field(description="Name of the pipeline that the process serves.")
    bootstrap: str = Field("127.0.0.1:9092", description="Kafka bootstrap servers.")
    schema_registry: str = Field("http://127.0.0.1:8081", description="URL of a Confluent-compatible schema registry.")
    home: Path = Field(Path(".driftmill"), description="Directory for keys and local state.")
    store: str = Field("", description="URL of the object store; empty for `store` under the home directory.")
    state: Path | None = Field(
        None, description="Directory of local state; empty for `state` under the home directory."
    )
    partitions: int = Field(2, ge=1, description="Partitions of the data-plane topics.")
    replication: int = Field(1, ge=1, description="Replication factor of topics.")
    ordinal: int = Field(0, ge=0, description="Number of this instance of the service, stable across restarts.")
    http_host: str = Field("127.0.0.1", description="Address of the health and metrics server.")
    http_port: int = Field(0, ge=0, le=65535, description="Port of the health and metrics server; 0 for a free one.")
    log_level: str = Field(
        "INFO",
        pattern="(?i)^(debug|info|warning|error|critical)$",
        description="Lowest level that is logged: debug, info, warning, error or critical.",
    )
    batch_records: int = Field(4000, ge=1, description="Most records in one transaction.")
    poll_ms: int = Field(50, ge=1, description="How long a poll waits for the first record.")
    flush_seconds: float = Field(5.0, gt=0, description="How often changed state is written to the local disk.")
    replay_seconds: float = Field(
        10.0,
        gt=0,
        description="How long a replay from a stored snapshot may take; tells how often one is stored.",
    )
    state_mb: int = Field(
        64,
        ge=1,
        description="Memory for state that could be read from the local disk, in MiB for all partitions.",
    )

    @property
    def store_url(self) -> str:
        """URL of the object store."""
        return self.store or (self.home.resolve() / "store").as_uri()

    @property
    def state_dir(self) -> Path:
        """Directory of local state."""
        return self.state or self.home / "state"

    def topic(self, short: str) -> str:
        """Kafka name of a topic of this pipeline."""
        return f"{self.pipeline}.{short}"

    def short_topic(self, full: str | None) -> str:
        """The catalogue's name of one of this pipeline's topics in Kafka."""
        return (full or "").removeprefix(self.topic(""))

    def group(self, service: str) -> str:
        """Consumer group of a service."""
        return f"{self.pipeline}.{service}"

    def instance(self, service: str) -> str:
        """Identity of this instance: `group.instance.id` and `transactional.id`."""
        return f"{self.pipeline}.{service}-{self.ordinal}"
