"""What an answer is; pure."""
