"""The losses of tasks, one family per file, each with the constant output that it is least for."""
