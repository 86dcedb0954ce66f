"""Saved predictions, of polyhead or of another program, made fit to be drawn."""
