"""Learning as arithmetic: cohorts, splits, learners, measures, comparisons, and when to start a run."""
