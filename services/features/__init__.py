"""Turns the log of events and labels into feature vectors, with the one kernel."""
