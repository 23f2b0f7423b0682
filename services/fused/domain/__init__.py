"""Which stages may share a process; pure."""
