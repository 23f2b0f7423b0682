"""Arms: as which of two models one answers an event while a version is in flight; else all answer as champion."""

CHAMPION = "champion"
CHALLENGER = "challenger"
