"""The one error that a user's input can cause, and how it reads."""

from __future__ import annotations

import re


class InputError(Exception):
    """A config, file or recording that cannot be used.

    `what` says what was expected and what was found, `where` names the file, line, channel or
    recording, `do` the line to write or the command to run instead. `check` is the id under which
    `polyhead check` reports the same thing as a finding.
    """

    def __init__(self, what: str, *, where: str = "", do: str = "", check: str = "contract") -> None:
        self.what = what
        self.where = where
        self.do = do
        self.check = check
        super().__init__(self.line)

    @property
    def line(self) -> str:
        """The whole error as one line: `where: what; do`."""
        text = f"{self.where}: {self.what}" if self.where else self.what
        text = f"{text}; {self.do}" if self.do else text
        return re.sub(r"\s+", " ", text).strip()


class StoppedRunError(InputError):
    """A run that ended by what a check found that its config names in train.stop_on; everything is saved."""
