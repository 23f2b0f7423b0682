"""Pieces of work for workers, which load no more than this for them."""

import os


def process_of(piece: int) -> int:
    """Who works on it; 0 can't be worked on."""
    return os.getpid() * (piece // piece)


def known(number: int, names: dict[int, str]) -> str:
    """The name of a number."""
    return names[number]
