"""What a study is: a domain's readers or generator, and its configs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path

from polyhead.errors import InputError
from polyhead.signals.readers import Reader


@dataclass(frozen=True)
class Study:
    """`readers` loads the study's readers by name; its configs are NAME.yaml in the package `package`; `tasks` says
    what tasks of these names are (kind, and target where it is not the name), for configs that do not say it;
    `tracked` the names that metrics have in its field's trackers, by ours; `columns` those that columns of the tables
    over epochs have in its own publication, by table and by ours."""

    name: str
    title: str
    package: str
    readers: Callable[[], dict[str, Reader]]
    configs: tuple[str, ...]
    tasks: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    tracked: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def config(self, which: str) -> Path:
        """The file of one of the study's configs. Raises InputError for a config that it has not."""
        if which not in self.configs:
            raise InputError(
                f"study {self.name} has no config {which!r}; it has {', '.join(self.configs)}", where="polyhead study"
            )
        return Path(str(files(self.package) / f"{which}.yaml"))
