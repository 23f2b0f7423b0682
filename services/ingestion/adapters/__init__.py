"""What ingestion talks to: files, source programs, the raw topics, the clock."""
