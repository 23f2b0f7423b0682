"""What travels: topics, records, identities and the pipeline file. Pure: no Kafka, no clock, no files of the environment."""
