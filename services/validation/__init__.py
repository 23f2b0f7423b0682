"""Validation: decides which raw records the rest of the platform sees, and writes them into one log a partition."""
