"""A weighting of the library torchjd (Quinton and Rey), by its name."""

from __future__ import annotations

import inspect
from types import ModuleType
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from polyhead.balance.balance import Terms
from polyhead.balance.gradient import GradientBalance, Gramian
from polyhead.config.balance import TorchjdOptions
from polyhead.config.words import nearest
from polyhead.errors import InputError

_WHERE = "balance.method"
_SUFFIX = "Weighting"


class Torchjd(GradientBalance):
    """Weights as `torchjd.aggregation.NAME` gives them, called with the block's further keys (lists as tensors).

    NAME takes a Gramian, `UPGradWeighting` or short `UPGrad`. Lengths are the library's: most of its weights sum to 1
    where those here sum to K. It sees the tasks that are there, in their order, in float64. What it draws comes from
    the seed and a count. A weighting with a memory (GradVac, PCD) is refused: its state does not return from a
    checkpoint, and it starts anew when another number of tasks is there. Raises InputError where it cannot be used.
    """

    def __init__(self, options: TorchjdOptions, terms: Terms) -> None:
        super().__init__(options, terms)
        self.name = options.method.partition(":")[2]
        self.seed = terms.seed
        self.register_buffer("count", torch.tensor(0))
        library = _library()
        self.weighting = _made(_kind(self.name, library), options.model_extra or {})

    def weigh(self, gramian: Gramian, losses: NDArray[np.float64], tasks: NDArray[np.int64]) -> NDArray[np.float64]:
        count = self.get_buffer("count")
        draw = np.random.default_rng([self.seed, int(count)])
        count += 1
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(int(draw.integers(2**63)))
            try:
                with torch.no_grad():
                    weights: NDArray[np.float64] = self.weighting(torch.from_numpy(gramian)).numpy()
            except Exception as error:  # whatever the library raises, the line names it
                what = f"torchjd's {self.name} raised {_said(error)} on the gradients of {len(tasks)} tasks"
                raise InputError(what, where=_WHERE) from error
        if not np.isfinite(weights).all():
            raise InputError(f"torchjd's {self.name} gave weights {weights.tolist()}", where=_WHERE)
        return weights


def _library() -> ModuleType:
    try:
        import torchjd.aggregation
    except ModuleNotFoundError as error:
        do = "pip install 'polyhead[torchjd]'"
        raise InputError("the methods `torchjd:NAME` need the library torchjd", where=_WHERE, do=do) from error
    return torchjd.aggregation


def _kind(name: str, library: ModuleType) -> type[nn.Module]:
    """The weighting of that name that takes a Gramian and has no memory."""
    weighs = {known: kind for known in library.__all__ if _takes_gramian(kind := getattr(library, known))}
    usable: dict[str, type[nn.Module]] = {known: kind for known, kind in weighs.items() if not hasattr(kind, "reset")}
    for full in (name, name + _SUFFIX):
        if full in usable:
            return usable[full]
    do = f"name one of {', '.join(known.removesuffix(_SUFFIX) for known in usable)}"
    if name in weighs or name + _SUFFIX in weighs:
        what = f"torchjd's {name} has a memory that does not return from a checkpoint"
    elif hasattr(library, name):
        what = f"torchjd's {name} does not weigh a Gramian, the inner products of the gradients"
    else:
        what = f"torchjd has no weighting {name!r}"
        close = nearest(name, [word for known in usable for word in (known, known.removesuffix(_SUFFIX))])
        do = f"did you mean torchjd:{close}?" if close else do
    raise InputError(what, where=_WHERE, do=do)


def _takes_gramian(kind: Any) -> bool:
    """As its annotation says; text where the library's module postpones annotations."""
    if not (inspect.isclass(kind) and issubclass(kind, nn.Module) and kind.__name__.endswith(_SUFFIX)):
        return False
    taken = [one.annotation for one in inspect.signature(kind.forward).parameters.values()][1:2]
    return [getattr(one, "__name__", one) for one in taken] == ["PSDMatrix"]


def _made(kind: type[nn.Module], keys: dict[str, Any]) -> nn.Module:
    name, signature = kind.__name__, inspect.signature(kind)
    try:
        signature.bind(**keys)
    except TypeError as error:
        known = ", ".join(signature.parameters) or "no key"
        raise InputError(f"torchjd's {name}: {error}", where=_WHERE, do=f"it takes {known}") from error
    given = {key: torch.tensor(value).double() if isinstance(value, list) else value for key, value in keys.items()}
    try:
        return kind(**given)
    except ImportError as error:
        what = f"torchjd's {name} needs more than torchjd: {str(error).strip().partition(chr(10))[0]}"
        raise InputError(what, where=_WHERE) from error
    except Exception as error:  # whatever the library raises, the line names it
        raise InputError(f"torchjd's {name} raised {_said(error)}", where=_WHERE) from error


def _said(error: Exception) -> str:
    return f"{type(error).__name__} ({str(error).strip().partition(chr(10))[0]})"
