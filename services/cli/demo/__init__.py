"""The demo: the whole platform on this machine, fed by a stream, with a live account of what it does."""
