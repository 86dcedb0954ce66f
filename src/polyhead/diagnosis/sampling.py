"""The sampling rate as the configuration names it."""

from __future__ import annotations

from polyhead.diagnosis.case import Case


def rate_key(case: Case) -> str | None:
    """The key that each recording's sampling rate stands under, None where no key or one number for all is named."""
    named = case.config.data.sampling_hz if case.config else None
    return named if isinstance(named, str) else None


def rate_input(case: Case) -> str | None:
    """The input that reads that key, None without one."""
    key = rate_key(case)
    inputs = case.config.data.inputs if case.config and key else {}
    return next((name for name, one in inputs.items() if key in one.names), None)
