"""What stands in an exported bundle: its scripts, which import nothing of Driftmill, and what they need installed."""
