"""What travels along the chain of entities; pure."""
