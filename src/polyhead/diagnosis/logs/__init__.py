"""Logs and tables that other programs wrote, read as cases."""
