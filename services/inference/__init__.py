"""Answers every accepted event exactly once, with the baseline or the champion model."""
