"""Decides when to learn, learns in a process of its own, and proposes candidates."""
