"""What monitoring computes, pure."""
