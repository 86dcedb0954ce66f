"""Tests of saved predictions."""
