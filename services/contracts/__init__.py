"""What travels: topics, records, identities, the pipeline file. Pure: no Kafka, no clock, no file of the environment."""
