"""Kafka, Arrow and Delta as the lake uses them."""
