"""Opening a file that nobody has described yet, by its ending; never the whole of a large one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from polyhead.config.yaml_text import UNREADABLE
from polyhead.errors import InputError
from polyhead.signals.proposal.arrays import look_at_hdf5, look_at_npz
from polyhead.signals.proposal.content import Content
from polyhead.signals.proposal.table import look_at_csv, look_at_parquet
from polyhead.signals.readers.path import readable

LOOKS: dict[str, Callable[[Path], Content]] = {
    ".npz": look_at_npz,
    ".h5": look_at_hdf5,
    ".hdf5": look_at_hdf5,
    ".parquet": look_at_parquet,
    ".csv": look_at_csv,
    ".tsv": look_at_csv,
    ".txt": look_at_csv,
}
_ELSEWHERE = {
    ".mat": "a MATLAB file: `reader: cwru` reads bearings; save others as npz or hdf5",
    ".npy": "one array without labels: save it with them by np.savez(FILE, x=..., y=...)",
    ".zip": "an archive: unpack it",
    ".json": "JSON: save it as csv or parquet",
    ".db": "a data base: export one table as csv or parquet",
    ".xlsx": "a workbook: save one sheet as csv",
}


def look_at(path: Path) -> Content:
    """Open a file by its ending. Raises InputError where it cannot be read or holds nothing to train on."""
    suffixes = [suffix.lower() for suffix in path.suffixes]
    packed = suffixes[-1:] == [".gz"]
    suffix = suffixes[-2:-1] if packed else suffixes[-1:] or [""]
    look = LOOKS.get("".join(suffix))
    known = look is not None and (not packed or look is look_at_csv)
    readable(str(path))
    if look is None or not known:
        ending = "".join(suffix) + ".gz" * packed
        do = f"name a file of {', '.join(LOOKS)}"
        raise InputError(f"is {_ELSEWHERE.get(ending, f'no table: it ends in {ending!r}')}", where=str(path), do=do)
    content = look(path)
    for name in (str(path.absolute()), *content.columns, *content.arrays):
        if UNREADABLE.search(name):
            what = f"the name {name!r} holds a control character, which no configuration can"
            raise InputError(what, where=str(path), do="rename it")
    return content
