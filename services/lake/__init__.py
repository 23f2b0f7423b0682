"""Keeps every record of the data plane in append-only tables, and says when the data has grown."""
