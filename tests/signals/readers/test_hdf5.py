"""Datasets of an HDF5 file: what is mapped, what is converted, what is refused."""

from __future__ import annotations

import contextlib
from pathlib import Path

import h5py
import numpy as np
import pytest

from polyhead.errors import InputError
from polyhead.signals.assembly import assemble
from polyhead.signals.cache import entries
from polyhead.signals.readers import array, hdf5
from polyhead.signals.readers.hdf5 import read

from ..cases import options, refused

SIGNAL = np.random.default_rng(0).normal(size=(7, 2, 50)).astype(np.float32)
SHARED = Path(__file__).parents[4] / "shared" / "data"


def save(path, **datasets):
    """Arrays, or (array, keywords of create_dataset)."""
    with h5py.File(path, "w") as file:
        for name, values in datasets.items():
            values, keywords = values if isinstance(values, tuple) else (values, {})
            file.create_dataset(name, data=values, **keywords)
    return path


def block(path, **data):
    return options(reader="hdf5", path=str(path), **({"inputs": {"signal": "x"}} | data))


def signal(path, **spec):
    return read(block(path, inputs={"signal": {"key": "x"} | spec})).inputs["signal"].values


def is_mapped(values) -> bool:
    while isinstance(values, np.ndarray):
        if isinstance(values, np.memmap):
            return True
        values = values.base
    return False


@pytest.fixture
def small_bound(monkeypatch):
    """Whatever cannot be mapped is converted, in blocks of 100 bytes."""
    monkeypatch.setattr(array, "LOADED", 0)
    monkeypatch.setattr(hdf5, "LOADED", 0)
    monkeypatch.setattr(array, "BLOCK", 100)
    monkeypatch.setattr(hdf5, "BLOCK", 100)


LAYOUTS = {
    "contiguous": (SIGNAL, {}),
    "int16": ((SIGNAL * 100).astype(np.int16), {}),
    "float64": (SIGNAL.astype(np.float64), {}),
    "big-endian": (SIGNAL.astype(">f4"), {}),
    "bool": (SIGNAL > 0, {}),
    "row chunks": (SIGNAL, {"chunks": (1, 2, 50)}),
    "odd chunks": (SIGNAL, {"chunks": (3, 1, 17)}),
    "gzip": (SIGNAL, {"compression": "gzip", "chunks": (2, 2, 20)}),
    "shuffle": (SIGNAL, {"compression": "lzf", "shuffle": True, "fletcher32": True}),
    "growing": (SIGNAL, {"maxshape": (None, 2, 50)}),
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("converted", [False, True])
def test_windows_hold_the_numbers_that_were_saved(tmp_path, request, layout, converted):
    if converted:
        request.getfixturevalue("small_bound")
    path = save(tmp_path / "x.h5", pad=np.arange(3), x=LAYOUTS[layout])
    data = block(path)
    source = read(data)
    fetched = assemble(data, source, 0).fetch(np.array([5, 0, 5])).inputs["signal"]
    np.testing.assert_array_equal(fetched, LAYOUTS[layout][0][[5, 0, 5]].astype(np.float32))
    native = layout in ("contiguous", "int16", "float64")
    assert is_mapped(source.inputs["signal"].values) == (native or converted)
    assert len(entries()) == (converted and not native)


@pytest.mark.parametrize("keywords", [{"userblock_size": 512}, {"libver": "latest"}, {"libver": "earliest"}])
def test_the_place_of_a_mapped_dataset_is_right_in_every_format(tmp_path, keywords):
    path = tmp_path / "x.h5"
    with h5py.File(path, "w", **keywords) as file:
        file["group/x"] = SIGNAL
    values = read(block(path, inputs={"s": "group/x"})).inputs["s"].values
    assert is_mapped(values)
    assert not values.flags.writeable
    np.testing.assert_array_equal(values, SIGNAL)


def test_axes_of_a_mapped_dataset_are_a_view(tmp_path):
    path = save(tmp_path / "x.h5", x=SIGNAL.transpose(2, 0, 1).copy())
    values = signal(path, axes=["time", "window", "channel"])
    np.testing.assert_array_equal(values, SIGNAL)
    assert is_mapped(values)


def test_a_dataset_in_another_file_or_never_written_is_read(tmp_path):
    path = save(tmp_path / "x.h5", y=np.arange(7))
    with h5py.File(path, "a") as file:
        file.create_dataset("x", (7, 3), np.float32, fillvalue=2)
        file["linked"] = h5py.ExternalLink("other.h5", "x")
        file["soft"] = h5py.SoftLink("/nowhere")
        outside = [(str(tmp_path / "raw"), 0, 7 * 4)]
        file.create_dataset("outside", (7,), np.int32, external=outside)[:] = np.arange(7)
    save(tmp_path / "other.h5", x=np.arange(7.0) + 1)
    found = read(block(path, inputs={"s": "x", "o": "outside", "l": "linked"})).inputs
    assert found["s"].values.tolist() == [[2, 2, 2]] * 7
    assert found["o"].values.ravel().tolist() == list(range(7))
    assert found["l"].values.ravel().tolist() == [1, 2, 3, 4, 5, 6, 7]
    refused(lambda: read(block(path, inputs={"s": "soft"})), "no dataset 'soft'")


def test_targets_may_be_text_numbers_and_fields(tmp_path):
    table = np.array([(i, i / 2, b"ab") for i in range(7)], dtype=[("id", "i4"), ("life", ">f8"), ("kind", "S2")])
    words = np.array(["inner", "größe", ""] * 2 + ["x"])
    path = save(tmp_path / "x.h5", x=SIGNAL, words=words.astype(object), fixed=np.char.encode(words, "utf-8"))
    with h5py.File(path, "a") as file:
        file["g/table"] = table
    keys = ["words", "fixed", "g/table/id", "g/table/life", "g/table/kind"]
    columns = read(block(path, targets={k.replace("/", "_"): k for k in keys})).columns
    assert columns["words"].tolist() == columns["fixed"].tolist() == words.tolist()
    assert columns["g/table/id"].tolist() == list(range(7))
    assert columns["g/table/life"].tolist() == [0, 0.5, 1, 1.5, 2, 2.5, 3]
    assert columns["g/table/kind"].tolist() == ["ab"] * 7


@pytest.mark.usefixtures("small_bound")
def test_fields_of_a_large_table_are_converted(tmp_path):
    table = np.array([(i, i / 2) for i in range(100)], dtype=[("id", "i4"), ("life", ">f8")])
    path = save(tmp_path / "x.h5", t=(table, {"chunks": (7,)}))
    values = read(block(path, inputs={"s": {"keys": ["t/life", "t/id"]}})).inputs["s"].values
    np.testing.assert_array_equal(values, np.column_stack([table["life"], table["id"]]))
    assert is_mapped(values)
    assert [entry.reader for entry in entries()] == ["side by side", "hdf5", "hdf5"]


@pytest.mark.usefixtures("small_bound")
def test_a_file_that_changed_is_converted_again(tmp_path):
    path = save(tmp_path / "x.h5", x=(SIGNAL, {"compression": "gzip"}))
    signal(path)
    signal(path)
    assert len(entries()) == 1
    save(path, x=(SIGNAL + 1, {"compression": "gzip"}))
    np.testing.assert_array_equal(signal(path), SIGNAL + 1)


@pytest.mark.usefixtures("small_bound")
def test_a_dataset_put_together_of_others_is_converted_again_when_one_changes(tmp_path):
    save(tmp_path / "part.h5", x=np.zeros((7, 3)))
    layout = h5py.VirtualLayout((7, 3), float)
    layout[:] = h5py.VirtualSource("part.h5", "x", (7, 3))
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file.create_virtual_dataset("x", layout)
    assert (signal(tmp_path / "x.h5") == 0).all()
    save(tmp_path / "part.h5", x=np.ones((7, 3)))
    assert (signal(tmp_path / "x.h5") == 1).all()


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ("sginal", "no dataset 'sginal'; did you mean 'signal'.*signal, table"),
        ("group", "'group' is a group, not a dataset.*it holds group/deep"),
        ("table", "a table of the fields id, life; name one of them, e.g. `table/id`"),
        ("table/lief", "no field 'lief' in 'table'; did you mean 'life'"),
        ("ragged", "'ragged' holds rows of different lengths"),
        ("nothing", "'nothing' is empty"),
        ("pointer", "'pointer' holds references"),
        ("complex", "'complex' is a table|'complex' holds complex128"),
        ("words", "'words' is an input but holds <U"),
        ("", "no dataset ''|is a group"),
    ],
)
def test_what_cannot_be_an_input_is_named(tmp_path, wanted, words):
    path = save(tmp_path / "x.h5", signal=SIGNAL, table=np.zeros(7, [("id", "i4"), ("life", "f8")]))
    with h5py.File(path, "a") as file:
        file["group/deep"] = np.arange(7)
        ragged = file.create_dataset("ragged", (2,), h5py.vlen_dtype(np.float32))
        ragged[0] = np.arange(3)
        file["nothing"] = h5py.Empty("f4")
        file.create_dataset("pointer", (1,), h5py.ref_dtype)[0] = file["signal"].ref
        file["complex"] = np.zeros(7, complex)
        file["words"] = ["a"] * 7
    assert refused(lambda: read(block(path, inputs={"s": wanted})), words).where == str(path)


def test_bytes_that_are_no_text_are_refused(tmp_path):
    words = np.array([b"\xff\xfe"] * 7)
    path = save(tmp_path / "x.h5", x=SIGNAL, fixed=words, free=(words.tolist(), {"dtype": h5py.string_dtype()}))
    for key in ("fixed", "free"):
        refused(lambda key=key: read(block(path, targets={"y": key})), f"'{key}' holds bytes that are not UTF-8")


def test_axes_that_do_not_fit_are_refused(tmp_path):
    path = save(tmp_path / "x.h5", x=SIGNAL)
    refused(lambda: signal(path, axes=["window", "time"]), "write `axes` with 3 names")


@pytest.mark.parametrize("share", [0.001, 0.1, 0.5, 0.9, 0.999])
@pytest.mark.parametrize("keywords", [{}, {"compression": "gzip"}])
def test_a_truncated_file_is_refused(tmp_path, own_cache, small_bound, keywords, share):
    path = save(tmp_path / "x.h5", x=(np.random.default_rng(0).normal(size=(50, 100)), keywords))
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    refused(lambda: signal(path), "not a whole HDF5 file", "x.h5")
    assert not own_cache.exists()


@pytest.mark.usefixtures("small_bound")
def test_a_damaged_chunk_is_refused_and_nothing_stays(tmp_path, own_cache):
    path = save(tmp_path / "x.h5", x=(np.random.default_rng(0).normal(size=(500, 10)), {"compression": "gzip"}))
    with h5py.File(path, "r") as file:
        info = file["x"].id.get_chunk_info(0)
    content = bytearray(path.read_bytes())
    content[info.byte_offset + 5 : info.byte_offset + info.size - 5] = bytes(info.size - 10)
    path.write_bytes(content)
    refused(lambda: signal(path), "'x' cannot be read", "inflate|filter", "x.h5")
    assert list(own_cache.iterdir()) == []


def test_a_file_of_another_kind_is_refused(tmp_path):
    path = tmp_path / "x.h5"
    path.write_text("time,x\n1,2\n" * 100)
    refused(lambda: signal(path), "not a whole HDF5 file", "signature not found")


def test_a_file_that_another_process_writes_is_read(tmp_path):
    """As a logger leaves it: written with single-writer-multiple-reader access."""
    path = tmp_path / "x.h5"
    with h5py.File(path, "w", libver="latest") as file:
        file.create_dataset("x", data=SIGNAL, chunks=(1, 2, 50), maxshape=(None, 2, 50))
        file.swmr_mode = True
        file.flush()
        np.testing.assert_array_equal(signal(path), SIGNAL)


def test_where_swmr_fails_the_file_is_opened_plainly(tmp_path, monkeypatch):
    tried = []
    plain = h5py.File

    def without_swmr(path, mode, **keywords):
        tried.append(keywords)
        if keywords.get("swmr") or len(tried) < 3:
            raise OSError("Unable to open file (unable to lock file, errno = 11)")
        return plain(path, mode, **keywords)

    path = save(tmp_path / "x.h5", x=SIGNAL)
    monkeypatch.setattr(h5py, "File", without_swmr)
    with hdf5.opened(path) as file:
        np.testing.assert_array_equal(file["x"][:], SIGNAL)
    assert tried == [{"libver": "latest", "swmr": True}, {}, {"locking": False}]


def test_blocks_cover_an_array_in_whole_chunks(monkeypatch):
    monkeypatch.setattr(hdf5, "BLOCK", 4 * 40)
    for shape, chunks in [
        ((10, 7), (3, 7)),
        ((100,), None),
        ((2, 90), (1, 20)),
        ((5, 3, 40), (2, 1, 8)),
        ((3, 0), None),
    ]:
        covered = np.zeros(shape, int)
        for part in hdf5.blocks(shape, chunks, 4):
            covered[part] += 1
            assert covered[part].size <= 40
            for at, step in zip(part, chunks or (1,) * len(shape), strict=True):
                assert at.start % step == 0
        assert (covered == 1).all()


@pytest.mark.skipif(not SHARED.is_dir(), reason="the recordings are not here")
@pytest.mark.parametrize(
    ("file", "inputs", "target", "rows"),
    [
        ("fact_cherenkov/original_hdf5/gamma_diffuse.hdf5", ["events/arrival_time_mean"], None, 1000),
        ("graphnet_examples/liquido_electrons.h5", ["TruthData"], None, 100),
        ("graphnet_examples/liquido_electrons.h5", ["SiPMIDxyz/x", "SiPMIDxyz/y"], "SiPMIDxyz/SiPMID", 12860),
        ("km3net_testdata/numu_cc_test.h5", ["event_info/event_id"], None, None),
    ],
)
def test_real_files_are_read(file, inputs, target, rows):
    data = block(SHARED / file, inputs={"s": {"keys": inputs}}, targets={"y": target} if target else {})
    with h5py.File(SHARED / file, "r") as plain:
        source = read(data)
        for place, key in enumerate(inputs):
            above, _, field = key.rpartition("/")
            expected = plain[key][()] if key in plain else plain[above][field]
            found = source.inputs["s"].values
            np.testing.assert_array_equal(found if expected.ndim == 2 else found[:, place], expected)
    assert rows is None or source.rows == rows


def test_any_damaged_byte_is_read_or_refused(tmp_path):
    whole = save(tmp_path / "x.h5", x=(SIGNAL[:2, :, :3], {"chunks": True})).read_bytes()
    rng = np.random.default_rng(0)
    for _ in range(150):
        content = bytearray(whole)
        for at in rng.integers(0, 2000, 2):
            content[at] = rng.integers(256)
        (tmp_path / "y.h5").write_bytes(content)
        with contextlib.suppress(InputError):
            signal(tmp_path / "y.h5")
