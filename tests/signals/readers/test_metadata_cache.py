"""A metadata table with cache.h5: what is read, in which order, and every way in which the two do not fit."""

from __future__ import annotations

import sys
import zipfile

import h5py
import numpy as np
import polars
import pytest

from polyhead.signals.assembly import assemble
from polyhead.signals.cache import entries
from polyhead.signals.readers import hdf5
from polyhead.signals.readers.metadata_cache import read

from ..cases import options, refused

RNG = np.random.default_rng(0)
RECORDINGS = {"3": RNG.normal(size=(50, 2)), "1": RNG.normal(size=(40, 2, 1)), "20": RNG.normal(size=(70, 2))}
TABLE = {
    "Id": [20, 1, 3],
    "Dataset_id": [2, 1, 1],
    "Name": ["XJTU", "CWRU", None],
    "Label": [-1, 0, None],
    "RUL_label": [0.5, None, 1.0],
    "Sample_rate": [25600, 12000, 12000],
    "Fault_Diagnosis": ["yes", "TRUE", "0"],
    "Remaining_Life": [1, None, 0],
    "Visiable": [True, True, True],
}


def write(folder, recordings=RECORDINGS, name="metadata.csv", **columns):
    with h5py.File(folder / "cache.h5", "w") as file:
        for key, values in recordings.items():
            file.create_dataset(key, data=values, chunks=True)
    frame = polars.DataFrame({key: values for key, values in (TABLE | columns).items() if values is not None})
    frame.write_csv(folder / name)
    return folder


def block(path, select=None, **own):
    return options(reader="metadata_cache", path=str(path), select=select or {}, options=own)


def test_recordings_lie_end_to_end_in_the_order_of_the_table(tmp_path):
    source = read(block(write(tmp_path)))
    signal = source.inputs["signal"]
    assert source.extent.tolist() == [70, 40, 50]
    expected = np.concatenate([RECORDINGS["20"], RECORDINGS["1"][..., 0], RECORDINGS["3"]]).astype(np.float32)
    np.testing.assert_array_equal(signal.values, expected)
    assert (signal.flat, signal.channels, source.sampled, source.rows) == (True, ("0", "1"), False, 3)
    assert not signal.values.flags.writeable
    assert source.files == (tmp_path / "cache.h5", tmp_path / "metadata.csv")


def test_columns_are_as_they_stand_and_flags_are_0_or_1(tmp_path):
    columns = read(block(write(tmp_path))).columns
    assert set(columns) == set(TABLE)
    assert columns["Id"].tolist() == [20, 1, 3]
    assert columns["Name"].tolist() == ["XJTU", "CWRU", ""]
    np.testing.assert_array_equal(columns["Label"], [-1, 0, np.nan])
    np.testing.assert_array_equal(columns["RUL_label"], [0.5, np.nan, 1.0])
    assert columns["Fault_Diagnosis"].tolist() == [1, 1, 0]
    assert columns["Remaining_Life"].tolist() == [1, 0, 0]
    assert columns["Visiable"].tolist() == [1, 1, 1]


def test_windows_stay_within_their_recording(tmp_path):
    data = block(write(tmp_path)).model_copy(
        update={"window": options(window={"length": 30}).window, "group": "Id", "sampling_hz": None}
    )
    windows = assemble(data, read(data), 0)
    assert [windows.recordings[i] for i in windows.recording] == ["20", "20", "1", "3"]
    fetched = windows.fetch(np.array([3, 1])).inputs["signal"]
    np.testing.assert_array_equal(fetched[0], RECORDINGS["3"][:30].T.astype(np.float32))
    np.testing.assert_array_equal(fetched[1], RECORDINGS["20"][30:60].T.astype(np.float32))


def test_rates_that_differ_are_refused_only_among_the_selected(tmp_path):
    window = options(window={"length": 30}).window
    data = block(write(tmp_path)).model_copy(update={"window": window, "sampling_hz": "Sample_rate"})
    refused(lambda: assemble(data, read(data), 0), "sampling rate", "12000", "25600")
    chosen = options(select={"Dataset_id": [1]}).select
    data = data.model_copy(update={"select": chosen})
    assert assemble(data, read(data), 0).sampling_hz == 12000


def test_the_conversion_is_made_once_and_again_when_what_it_holds_changes(tmp_path):
    read(block(write(tmp_path)))
    polars.DataFrame(TABLE | {"Label": [5, 6, 7]}).write_csv(tmp_path / "metadata.csv")
    assert read(block(tmp_path)).columns["Label"].tolist() == [5, 6, 7]
    assert len(entries()) == 1  # labels are no part of it
    assert read(block(tmp_path, select={"Dataset_id": [1]})).extent.tolist() == [40, 50]
    assert len(entries()) == 2
    write(tmp_path, recordings=RECORDINGS | {"20": np.ones((7, 2))})
    assert read(block(tmp_path)).extent.tolist() == [7, 40, 50]


def test_a_recording_larger_than_a_block_is_copied_whole(tmp_path, monkeypatch):
    monkeypatch.setattr(hdf5, "BLOCK", 64)
    wide = {"1": RNG.normal(size=(90, 5)), "3": RNG.normal(size=(11,)), "20": RNG.normal(size=(40, 3, 1))}
    write(tmp_path, recordings=wide)
    source = read(block(tmp_path, channels=1))
    expected = np.concatenate([wide["20"][:, 0, 0], wide["1"][:, 0], wide["3"]])
    np.testing.assert_array_equal(source.inputs["signal"].values[:, 0], expected.astype(np.float32))


def test_channels_that_differ_are_refused_by_row_unless_a_number_is_given(tmp_path):
    write(tmp_path, recordings=RECORDINGS | {"1": RNG.normal(size=(40, 3))})
    refused(
        lambda: read(block(tmp_path)),
        r"Id 20 \(row 1\) has 2, 1 \(row 2\) 3", "write `channels: 2`", "cache.h5",
    )  # fmt: skip
    values = read(block(tmp_path, channels=2)).inputs["signal"].values
    assert values.shape == (160, 2)
    refused(lambda: read(block(tmp_path, channels=3)), r"Id 20 \(row 1\) has 2 channels, fewer than channels: 3")
    assert read(block(tmp_path, select={"Dataset_id": [2]})).rows == 1


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"Id": [20, 1, 99]}, r"row 3 has the Id 99, but cache.h5 has no dataset"),
        ({"Id": [98, 1, 99]}, r"row 1 has the Id 98.*\(2 such rows\)"),
        ({"Id": [20, 1, 20]}, "Id 20 stands in row 1 and again in row 3"),
        ({"Id": [20, None, 3]}, "row 2 has no Id"),
        ({"Id": None, "id": [1, 2, 3]}, "no column 'Id'; did you mean"),
        ({"Label": [1, "?", 2]}, r"row 2 holds '\?' in 'Label', not a number"),
        ({"RUL_label": ["0.5", None, "soon"]}, "row 3 holds 'soon' in 'RUL_label'"),
        ({"Sample_rate": ["12k", "1", "2"]}, "row 1 holds '12k' in 'Sample_rate'"),
    ],
)
def test_a_table_that_does_not_fit_is_refused_by_row(tmp_path, own_cache, columns, words):
    columns = {
        key: values if values is None else polars.Series(values, strict=False) for key, values in columns.items()
    }
    assert refused(lambda: read(block(write(tmp_path, **columns))), words).where == str(tmp_path / "metadata.csv")
    assert not own_cache.exists() or list(own_cache.iterdir()) == []


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (np.zeros((4, 2, 2)), r"'1' is float64 of shape \(4, 2, 2\), expected numbers"),
        (np.array([b"a", b"b"]), "'1' is .*expected numbers"),
        (np.float64(3), r"of shape \(\), expected"),
    ],
)
def test_a_dataset_of_another_layout_is_refused(tmp_path, own_cache, values, words):
    write(tmp_path)
    with h5py.File(tmp_path / "cache.h5", "a") as file:
        del file["1"]
        file["1"] = values
    refused(lambda: read(block(tmp_path)), words, "cache.h5")
    assert list(own_cache.iterdir()) == []


def test_a_group_is_no_recording(tmp_path):
    write(tmp_path)
    with h5py.File(tmp_path / "cache.h5", "a") as file:
        del file["1"]
        file.create_group("1")
    refused(lambda: read(block(tmp_path)), "'1' is a group")


def test_a_truncated_file_is_refused(tmp_path, own_cache):
    path = write(tmp_path) / "cache.h5"
    path.write_bytes(path.read_bytes()[:-2000])
    refused(lambda: read(block(tmp_path)), "not a whole HDF5 file", "cache.h5")
    assert list(own_cache.iterdir()) == []


def test_the_table_is_found_named_or_asked_for(tmp_path):
    write(tmp_path)
    assert read(block(tmp_path / "cache.h5")).rows == 3
    polars.DataFrame({"Id": [3]}).write_csv(tmp_path / "metadata_two.csv")
    refused(lambda: read(block(tmp_path)), "2 tables called metadata", "write `metadata: FILE`")
    assert read(block(tmp_path, metadata="metadata_two.csv")).rows == 1
    refused(lambda: read(block(tmp_path, metadata="metadata_three.csv")), "metadata_three.csv: no such file")
    for path in tmp_path.glob("metadata*"):
        path.unlink()
    refused(lambda: read(block(tmp_path)), "expected one csv or xlsx")
    (tmp_path / "cache.h5").unlink()
    refused(lambda: read(block(tmp_path)), "cache.h5: no such file")


def test_what_is_selected_must_be_there(tmp_path):
    write(tmp_path)
    refused(lambda: read(block(tmp_path, select={"Dataset": [1]})), "no column 'Dataset'; did you mean 'Dataset_id'")
    refused(lambda: read(block(tmp_path, select={"Dataset_id": [7]})), "data.select.Dataset_id")
    refused(lambda: read(block(tmp_path, select={"Dataset_id": [2], "Id": [1]})), "no row is selected")


def test_an_excel_table_needs_its_extra(tmp_path, monkeypatch):
    write(tmp_path)
    (tmp_path / "metadata.csv").unlink()
    (tmp_path / "metadata.xlsx").write_bytes(b"PK\x03\x04")
    monkeypatch.setitem(sys.modules, "fastexcel", None)
    refused(lambda: read(block(tmp_path)), "metadata.xlsx: reading xlsx needs fastexcel", r"polyhead\[excel\]")


def write_sheet(path, rows):
    """The least that makes an xlsx file: a zip of four pages."""
    kinds = {"workbook": "xl/workbook.xml", "worksheet": "xl/worksheets/sheet1.xml"}
    office = "http://schemas.openxmlformats.org"
    main = f'xmlns="{office}/spreadsheetml/2006/main"'
    links = f"{office}/officeDocument/2006/relationships"

    def related(kind, target):
        one = f'<Relationship Id="r1" Type="{links}/{kind}" Target="{target}"/>'
        return f'<Relationships xmlns="{office}/package/2006/relationships">{one}</Relationships>'

    def cell(value):
        if isinstance(value, bool):
            return f'<c t="b"><v>{int(value)}</v></c>'
        text = f"<is><t>{value}</t></is>"
        return (
            "<c/>"
            if value is None
            else f"<c t='inlineStr'>{text}</c>"
            if value is str(value)
            else f"<c><v>{value}</v></c>"
        )

    lines = "".join(f"<row>{''.join(map(cell, row))}</row>" for row in rows)
    parts = "".join(
        f'<Override PartName="/{part}" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.'
        f'{"sheet.main" if kind == "workbook" else kind}+xml"/>'
        for kind, part in kinds.items()
    )
    ending = '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    sheets = '<sheets><sheet name="a" sheetId="1" r:id="r1"/></sheets>'
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(
            "[Content_Types].xml", f'<Types xmlns="{office}/package/2006/content-types">{ending}{parts}</Types>'
        )
        archive.writestr("_rels/.rels", related("officeDocument", kinds["workbook"]))
        archive.writestr("xl/_rels/workbook.xml.rels", related("worksheet", "worksheets/sheet1.xml"))
        archive.writestr("xl/workbook.xml", f'<workbook {main} xmlns:r="{links}">{sheets}</workbook>')
        archive.writestr(kinds["worksheet"], f"<worksheet {main}><sheetData>{lines}</sheetData></worksheet>")


def test_an_excel_table_is_read_as_a_csv_is(tmp_path):
    pytest.importorskip("fastexcel")
    write(tmp_path)
    expected = read(block(tmp_path)).columns
    (tmp_path / "metadata.csv").unlink()
    write_sheet(tmp_path / "metadata.xlsx", [list(TABLE), *zip(*TABLE.values(), strict=True)])
    columns = read(block(tmp_path)).columns
    for key, column in expected.items():
        np.testing.assert_array_equal(columns[key], column)


def test_a_damaged_excel_table_is_refused(tmp_path):
    pytest.importorskip("fastexcel")
    write(tmp_path)
    (tmp_path / "metadata.csv").unlink()
    (tmp_path / "metadata.xlsx").write_bytes(b"PK\x03\x04 and no more")
    refused(lambda: read(block(tmp_path)), "metadata.xlsx: cannot be read as xlsx")
