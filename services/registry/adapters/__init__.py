"""Admission of model files."""
