"""The data profile: recordings, windows, targets and inputs measured, so that a run folder tells them without the
data."""

from polyhead.signals.profile.making import make_profile
from polyhead.signals.profile.parts import Profile

__all__ = ["Profile", "make_profile"]
