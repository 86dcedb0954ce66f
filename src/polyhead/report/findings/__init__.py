"""Findings as text for a terminal, Markdown, SARIF and JUnit."""
