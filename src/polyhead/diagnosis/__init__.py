"""Diagnosis: from a run, a log, a table of metrics or a configuration to findings with evidence."""
