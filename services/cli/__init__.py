"""The `driftmill` command: starts, feeds, asks and steers a Driftmill installation."""
