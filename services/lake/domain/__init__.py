"""Which records are kept where, and what a dataset is. Pure."""
