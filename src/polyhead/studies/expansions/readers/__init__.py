"""Readers of the study: bars from files, and the generator's."""
