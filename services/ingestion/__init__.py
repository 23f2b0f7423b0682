"""Brings events and labels into the raw topics: a replay of files or generators, or an HTTP intake."""
