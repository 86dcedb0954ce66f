"""How the losses of K tasks become one step, one file per method."""

from __future__ import annotations

from polyhead.balance.balance import Balance, Weighting
from polyhead.balance.floor import Floor
from polyhead.balance.kendall import Kendall
from polyhead.balance.sum import Sum
from polyhead.config.model import Balance as BalanceOptions
from polyhead.config.model import FloorOptions, KendallOptions

BALANCES: dict[str, type[Balance]] = {"sum": Sum, "floor": Floor, "kendall": Kendall}


def build_balance(options: BalanceOptions, floor_losses: list[float]) -> Balance:
    """The balance of tasks with these floor losses, in the order of the tasks."""
    if isinstance(options, FloorOptions):
        return Floor(floor_losses)
    if isinstance(options, KendallOptions):
        return Kendall(len(floor_losses), options.form)
    return Sum(len(floor_losses))


__all__ = ["BALANCES", "Balance", "Weighting", "build_balance"]
