"""Runs side by side: configurations, cautions, scores in pairs, costs, and their page."""
