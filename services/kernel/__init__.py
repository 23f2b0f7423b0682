"""Features as a compiled fold of the log: the same code online and offline."""
