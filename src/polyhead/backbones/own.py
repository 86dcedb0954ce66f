"""A user's own backbone, `package.module:Class`, held to what every backbone promises."""

from __future__ import annotations

import importlib
import inspect
import sys
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from polyhead.backbones.presence import zero_absent
from polyhead.backbones.shape import InputShape
from polyhead.config.backbones import OWN, OwnBackbone
from polyhead.errors import InputError

_WHERE = "model.backbone"


class Own(nn.Module):
    """A module of the class that `name` leads to, made as `Class(shape, **keys)`.

    Its `forward(signal, known)` takes what other backbones take and returns (batch, width, step), or one such map for
    each task, `{task: map}`, for example from an earlier layer. `width` is required; `receptive_field` and `stride`,
    the samples between steps counted back from the window's last, are None where it has none, and `stride` where its
    maps differ in steps. Where windows have absent samples, `forward(signal, known, present)` gets (batch, time), true
    where a sample is real; `steps_present(present)` then says which steps are real, else the nearest sample does. It is
    tried once on zeros. Raises InputError where any of it fails, then or later.
    """

    def __init__(self, options: OwnBackbone, shape: InputShape) -> None:
        super().__init__()
        self.name = options.name
        self.module = _made(options, shape)
        self.width = _width(self.module, options.name)
        self.receptive_field: int | None = getattr(self.module, "receptive_field", None)
        self.steps, alike = self._tried(shape)
        self.stride, self.behind = _stride(self.module, self.steps, shape.samples) if alike else None, 0

    def forward(
        self, signal: Tensor | None, known: Tensor | None, present: Tensor | None = None
    ) -> Tensor | dict[str, Tensor]:
        try:
            maps = self._maps(signal, known, present)
            if present is None:
                return maps
            steps = self.steps_present(present)
            if isinstance(maps, dict):
                whole = {id(one): zero_absent(one, steps) for one in maps.values()}
                return {task: whole[id(one)] for task, one in maps.items()}
            return zero_absent(maps, steps)
        except (InputError, MemoryError):
            raise
        except Exception as error:  # whatever a user's code raises, the line names it
            if isinstance(error, RuntimeError) and ("out of memory" in str(error) or "allocate memory" in str(error)):
                raise  # training says which batch fits
            when = "while training" if self.training else "on windows"
            raise InputError(_raised(self.name, when, error), where=_WHERE) from error

    def _maps(self, signal: Tensor | None, known: Tensor | None, present: Tensor | None) -> Tensor | dict[str, Tensor]:
        """What the module puts out, where it is a map or one for each task."""
        found = self.module(signal, known) if present is None else self.module(signal, known, present)
        batch = next(len(part) for part in (signal, known) if part is not None)
        if not isinstance(found, dict) or not found:
            return self._map(cast(Tensor, found), batch)
        if present is not None and len({one.shape[2] for one in found.values()}) > 1:
            what = f"{self.name} put out maps of different steps for windows with absent samples"
            raise InputError(what, where=_WHERE, do="bring the maps to the same steps")
        return {task: self._map(one, batch) for task, one in found.items()}

    def _map(self, features: Tensor, batch: int) -> Tensor:
        """The map, where it is one."""
        shape = tuple(features.shape) if isinstance(features, Tensor) else type(features).__name__
        if not isinstance(shape, tuple) or len(shape) != 3 or shape[:2] != (batch, self.width) or not shape[2]:
            raise InputError(
                f"{self.name} put out {shape} for {batch} windows",
                where=_WHERE,
                do=f"return a map (batch, width, step), here ({batch}, {self.width}, steps)",
            )
        return features

    def steps_present(self, present: Tensor) -> Tensor:
        """Steps that are real: as the module says, or as the samples nearest to them are."""
        if hasattr(self.module, "steps_present"):
            told: Tensor = self.module.steps_present(present)  # type: ignore[operator]
            return told
        resampled = F.interpolate(present.flip(1)[:, None].float(), size=self.steps, mode="nearest")
        return resampled[:, 0].bool().flip(1)  # counted from the end: the last step has the last sample

    def _tried(self, shape: InputShape) -> tuple[int, bool]:
        """Steps of the (first) map of two windows of zeros, in evaluation mode, and whether other maps have as many."""
        signal = torch.zeros(2, shape.channels, shape.samples) if shape.samples else None
        known = torch.zeros(2, shape.known) if shape.known else None
        present = torch.ones(2, shape.samples, dtype=torch.bool) if shape.masked and shape.samples else None
        if present is not None and not _takes_three(self.module):
            what = f"{self.name} does not take which samples are present, and some windows have absent ones"
            raise InputError(what, where=_WHERE, do="write forward(signal, known, present)")
        was = self.module.training
        try:
            with torch.no_grad():
                maps = self.eval()._maps(signal, known, present)
                every = list(maps.values()) if isinstance(maps, dict) else [maps]
                steps = every[0].shape[2]
                told = getattr(self.module, "steps_present", lambda given: given.new_ones(2, steps))
                shape_told = None if present is None else tuple(told(present).shape)
        except InputError:
            raise
        except Exception as error:  # whatever a user's code raises, the line names it
            raise InputError(_raised(self.name, "on windows of zeros", error), where=_WHERE) from error
        finally:
            self.train(was)
        if shape_told not in (None, (2, steps)):
            what = f"{self.name}.steps_present put out {shape_told} for a map of {steps} steps of 2 windows"
            raise InputError(what, where=_WHERE, do="return (batch, step)")
        return steps, all(one.shape[2] == steps for one in every)


def _made(options: OwnBackbone, shape: InputShape) -> nn.Module:
    """An instance of the class."""
    module, _, name = options.name.partition(":")
    if str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))  # as `python -m` does: a module beside the config is found
    try:
        kind = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise InputError(f"no backbone {options.name!r} ({error})", where=_WHERE, do=f"write `{OWN}`") from error
    except Exception as error:
        raise InputError(_raised(options.name, "when imported", error), where=_WHERE) from error
    keys: dict[str, Any] = options.model_extra or {}
    try:
        made = kind(shape, **keys)
    except InputError:
        raise
    except Exception as error:
        raise InputError(_raised(options.name, "when made", error), where=_WHERE) from error
    if not isinstance(made, nn.Module):
        what = f"{options.name} made a {type(made).__name__}"
        raise InputError(what, where=_WHERE, do="name a subclass of torch.nn.Module")
    return made


def _width(module: nn.Module, name: str) -> int:
    width = getattr(module, "width", None)
    if not isinstance(width, int) or width < 1:
        found = "no width" if width is None else f"a width of {width!r}"
        raise InputError(f"{name} has {found}", where=_WHERE, do="set self.width, the channels of its map")
    return width


def _stride(module: nn.Module, steps: int, samples: int) -> float | None:
    """What the module says, where so many steps can stand so far apart: others mean something else by the name."""
    stride = getattr(module, "stride", None)
    if isinstance(stride, bool) or not isinstance(stride, int | float) or not stride > 0:
        return None
    return float(stride) if abs(steps * stride - samples) < 2 * stride else None


def _takes_three(module: nn.Module) -> bool:
    try:
        inspect.signature(module.forward).bind(None, None, None)
    except TypeError:
        return False
    return True


def _raised(name: str, when: str, error: Exception) -> str:
    said = str(error).strip().partition("\n")[0]
    return f"{name} raised {type(error).__name__} {when}: {said}"
