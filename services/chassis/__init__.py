"""How it travels: Kafka, Avro, the schema registry, local state, the object store, health, metrics and logs."""
