"""What went right and what went wrong: one file per side of a run."""
