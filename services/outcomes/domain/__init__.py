"""The outcome join, pure."""
