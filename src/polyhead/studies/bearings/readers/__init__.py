"""Readers of recordings from real machines, each of one published layout."""
