"""Order and time of a replay. Pure."""
