"""What travels: topics, records, identities, the pipeline file. Pure: no Kafka, clock, file or environment."""
