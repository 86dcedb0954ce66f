"""What went right and what went wrong: plain observations out of the run folder, each with its numbers.

These are no diagnosis: the few thresholds only say what is worth a line, and each has its reason beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from polyhead.report.account.losses import losses, shares
from polyhead.report.account.observation import Observation
from polyhead.report.account.result import gaps, intervals, one_answer, standings, unmarked
from polyhead.report.account.split import split_line
from polyhead.report.account.training import ending, gradients
from polyhead.report.portions import Portion
from polyhead.report.run import Run


@dataclass(frozen=True)
class Account:
    """Both lists, in the order of result, training and data."""

    right: list[Observation]
    wrong: list[Observation]


def give_account(run: Run, portions: Sequence[Portion]) -> Account:
    """Everything that can be observed of a run, finished or not."""
    found = [*standings(run), *one_answer(run), *unmarked(run), *gaps(run), *intervals(run)]
    found += [*ending(run), *losses(run), *shares(portions), *gradients(run), *split_line(run)]
    return Account([one for one in found if one.right], [one for one in found if not one.right])
