"""How the losses or gradients of K tasks become one step, one file per method."""

from __future__ import annotations

from polyhead.balance.aligned import Aligned
from polyhead.balance.balance import Balance, Sight, Terms
from polyhead.balance.cagrad import Cagrad
from polyhead.balance.dwa import Dwa
from polyhead.balance.famo import Famo
from polyhead.balance.floor import Floor
from polyhead.balance.gls import Gls
from polyhead.balance.gradient import GradientBalance
from polyhead.balance.gradnorm import Gradnorm
from polyhead.balance.imtl import Imtl
from polyhead.balance.kendall import Kendall
from polyhead.balance.mgda import Mgda
from polyhead.balance.nash import Nash
from polyhead.balance.pcgrad import Pcgrad
from polyhead.balance.rlw import Rlw
from polyhead.balance.softmax import Softmax
from polyhead.balance.stch import Stch
from polyhead.balance.sum import Sum
from polyhead.balance.torchjd import Torchjd
from polyhead.balance.upgrad import Upgrad
from polyhead.config.balance import Balance as BalanceOptions

BALANCES: dict[str, type[Balance]] = {
    "sum": Sum,
    "floor": Floor,
    "kendall": Kendall,
    "softmax": Softmax,
    "dwa": Dwa,
    "rlw": Rlw,
    "gls": Gls,
    "famo": Famo,
    "stch": Stch,
    "pcgrad": Pcgrad,
    "mgda": Mgda,
    "imtl": Imtl,
    "cagrad": Cagrad,
    "aligned": Aligned,
    "gradnorm": Gradnorm,
    "upgrad": Upgrad,
    "nash": Nash,
    "torchjd": Torchjd,
}


def build_balance(options: BalanceOptions, terms: Terms) -> Balance:
    """The balance of these tasks, `torchjd:NAME` by what stands before the colon. Raises InputError where a library
    that it needs is missing or does not have it."""
    return BALANCES[options.method.partition(":")[0]](options, terms)


__all__ = ["BALANCES", "Balance", "GradientBalance", "Sight", "Terms", "build_balance"]
