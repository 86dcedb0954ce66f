"""A run of Weights & Biases, written into the run's folder and, where asked for, uploaded while it trains."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from contextlib import redirect_stderr
from io import StringIO
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from polyhead.config.experiment import Experiment
from polyhead.config.tracking import WandbOptions
from polyhead.errors import InputError
from polyhead.tracking.quiet import quiet, unless_set
from polyhead.tracking.store import Card, Outcome, Record
from polyhead.tracking.wandb_record import last_step

if TYPE_CHECKING:
    from wandb import Run

_EXIT = {"finished": 0, "interrupted": 130, "failed": 2}
_UPLOAD_SECONDS = 120.0  # how long the end of a run waits for a network that is away


def open_wandb(experiment: Experiment, run: Path) -> Wandb:
    """The store. Raises InputError where an account that it needs is missing."""
    options = experiment.track.wandb
    assert options is not None
    unless_set(WANDB_ERROR_REPORTING="false")
    with quiet("wandb"):
        import wandb

        if options.mode == "online":
            _check_account(wandb)
    return Wandb(wandb, options)


def _check_account(wandb: ModuleType) -> None:
    """Refuse to begin where wandb would ask for a key in the middle of everything."""
    from wandb.sdk.lib import wbauth

    host = wandb.setup().settings.base_url
    with redirect_stderr(StringIO()):  # it says where it found a key
        account = wbauth.authenticate_session(host=host, source="polyhead", prompt=False)
    if account is None:
        raise InputError(
            f"no account of {host} is known here",
            where="track.wandb.mode",
            do="run `wandb login`, or write mode: offline",
        )


class Wandb:
    """One run at a time of a project."""

    name = "wandb"

    def __init__(self, wandb: ModuleType, options: WandbOptions) -> None:
        self._wandb, self._options = wandb, options
        self._run: Run | None = None

    def begin(self, card: Card, record: Record) -> int:
        identity = record.setdefault("id", secrets.token_hex(4))
        options = self._options
        settings = self._wandb.Settings(
            silent=True,
            console="off",
            finish_timeout=_UPLOAD_SECONDS,
            finish_timeout_raises=True,
            reinit="create_new",
        )
        held = last_step(card.folder / "wandb", identity)
        with quiet("wandb"):
            self._run = self._wandb.init(
                dir=str(card.folder),
                id=identity,
                resume="allow",
                mode=options.mode,
                project=options.project or str(card.config["name"]),
                entity=options.entity,
                group=card.group,
                name=card.name,
                notes=card.notes or None,
                tags=list(card.tags if options.tags is None else options.tags),
                config={**card.config, "run": dict(card.facts)},
                settings=settings,
            )
        assert self._run is not None
        return max(held, self._run.step - 1) if self._run.resumed else held  # online it is the server that knows

    def log(self, epoch: int, values: Mapping[str, float]) -> None:
        assert self._run is not None
        with quiet("wandb"):
            self._run.log(dict(values), step=epoch, commit=True)

    def conclude(self, epoch: int, values: Mapping[str, float], files: Sequence[Path]) -> None:
        assert self._run is not None
        with quiet("wandb"), redirect_stderr(StringIO()):  # it warns of every file that it links to
            self._run.summary.update({**values, "judged_epoch": epoch})
            for path in files:
                folder = path.parent.parent if path.parent.name == "figures" else path.parent
                self._run.save(str(path.resolve()), base_path=str(folder.resolve()), policy="end")

    def end(self, outcome: Outcome) -> None:
        assert self._run is not None
        with quiet("wandb"):
            self._run.finish(exit_code=_EXIT[outcome])
        self._run = None
