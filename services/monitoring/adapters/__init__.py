"""What monitoring believes of what is published."""
