"""What validation decides, without Kafka, clocks or files."""
