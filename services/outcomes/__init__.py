"""Joins every answer with its label, or with the fact that none came, and summarises how good the answers were."""
