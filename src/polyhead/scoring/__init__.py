"""Metrics, floors, skill and intervals on pooled predictions; numpy and scikit-learn only."""
