"""States of model versions and what an acceptance asks for; pure."""
