"""What `driftmill verify` reasons with: what must follow from the topics of a pipeline, and whether it does."""
