"""Several stages of the data plane in one process and one transaction."""
