"""What validation needs of the outside: the key that masks personal data."""
