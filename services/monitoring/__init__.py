"""Watches profiles for drift and worse quality, and raises alerts."""
