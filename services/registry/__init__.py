"""Judges candidates, keeps the states of model versions, and publishes the champion."""
