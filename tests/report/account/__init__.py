"""Tests of what went right and wrong."""
