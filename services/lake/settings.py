"""Settings of the lake service."""

from pydantic import Field

from services.chassis.settings import ChassisSettings


class LakeSettings(ChassisSettings):
    """How records are gathered before they are kept."""

    lake_rows: int = Field(5_000, ge=1, description="Records gathered in memory before they are written.")
    lake_seconds: float = Field(5.0, gt=0, description="How long a record waits at most before it is written.")
    lake_linger: float = Field(0.5, ge=0, description="Least seconds between writes because nothing more came.")
    lake_compact: int = Field(100, ge=0, description="Commits of a table between compactions; 0 for none.")
    lake_upkeep: float = Field(
        24.0,
        ge=0,
        description="Hours between rounds in which each table is compacted and vacuumed, and loses rows past "
        "`lake.keep`; 0 for none.",
    )
    lake_skew: float = Field(
        5.0, ge=0, description="Least minutes between comparisons of served features with recomputed ones; 0 for none."
    )
    lake_vacuum: int = Field(24, ge=1, description="Hours for which replaced files are left for who reads them.")
