"""Files of data: the same values from every format, and nothing that is not what its name says."""

import io
import zipfile

import numpy as np
import pandas as pd
import pytest

from hetevo.evolve.data import formats
from hetevo.evolve.data.formats import read_columns
from hetevo.evolve.data.places import DataError, opened

FRAME = pd.DataFrame(
    {
        "length": [0.1, 1 / 3, -2.5e-17, 4.0, 5.5, 6.25],
        "count": [3, 1, 4, 1, 5, 9],
        "wild": [True, False, True, True, False, False],
        "kind, of it": ["a", "b", "ü b", "a", "b", "ü b"],
    }
)


def write(frame, path):
    match path.suffix:
        case ".parquet":
            frame.to_parquet(path)
        case ".npz":
            np.savez(path, **{name: np.array(frame[name].tolist()) for name in frame})
        case ".csv" | ".tsv" as ending:
            frame.to_csv(path, index=False, sep={".csv": ",", ".tsv": "\t"}[ending], float_format="%.17g")
    return path


def read(path):
    with opened(path) as source:
        return read_columns(source, path.name)


@pytest.mark.parametrize("ending", [".csv", ".tsv", ".parquet", ".npz"])
def test_every_format_gives_the_same_values(ending, tmp_path):
    found = read(write(FRAME, tmp_path / f"flowers{ending}"))
    assert list(found) == list(FRAME)
    for name, values in found.items():
        assert values.tolist() == FRAME[name].tolist()
        assert values.dtype.kind == {"length": "f", "count": "i", "wild": "b", "kind, of it": "U"}[name]


@pytest.mark.parametrize("ending", [".csv", ".tsv", ".parquet"])
def test_what_is_missing_is_nan_or_an_empty_word(ending, tmp_path):
    frame = FRAME.astype({"count": "Int64", "wild": "boolean"})
    frame.loc[2] = [None, None, None, None]
    found = read(write(frame, tmp_path / f"flowers{ending}"))
    assert np.isnan(found["length"][2])
    assert np.isnan(found["count"][2])
    assert found["count"][3] == 1
    if ending == ".parquet":  # in text a column of yes and no with gaps is one of words
        assert np.isnan(found["wild"][2])
    assert found["kind, of it"][2] == ""


def test_a_mark_at_the_beginning_of_a_text_and_categories_are_read(tmp_path):
    (tmp_path / "a.csv").write_text("\ufeffx,y\n1,2\n", "utf-8")
    assert list(read(tmp_path / "a.csv")) == ["x", "y"]
    FRAME.astype({"kind, of it": "category"}).to_parquet(tmp_path / "a.parquet")
    assert read(tmp_path / "a.parquet")["kind, of it"].tolist() == FRAME["kind, of it"].tolist()


def test_arrays_keep_their_type_and_shape_whatever_their_order(tmp_path):
    images = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    np.savez_compressed(tmp_path / "a.npz", images=images, turned=np.asfortranarray(images), big=images.astype(">f4"))
    found = read(tmp_path / "a.npz")
    assert found["images"].dtype == np.uint8
    assert found["big"].dtype == np.float32
    for values in found.values():
        np.testing.assert_array_equal(values, images)


def npz(**arrays):
    with io.BytesIO() as file:
        np.savez(file, **arrays)
        return file.getvalue()


def claiming(shape):
    """Return an archive whose array claims to be larger than it is."""
    with io.BytesIO() as file, zipfile.ZipFile(file, "w") as archive:
        with archive.open("x.npy", "w") as member:
            np.lib.format.write_array_header_1_0(member, {"shape": shape, "fortran_order": False, "descr": "<f8"})
            member.write(bytes(8))
        archive.close()
        return file.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.xlsx", b"x", ["expected a file that ends in one of .csv", "'.xlsx'"]),
        ("a", b"x", ["no ending"]),
        ("a.csv", b"", ["is empty"]),
        ("a.csv", b"x,y\n1,2\n3\n", ["cannot be read as CSV", "2 columns, got 1"]),
        ("a.csv", b"x,y\n1,2,3\n", ["2 columns, got 3"]),
        ("a.csv", b"x,x\n1,2\n", ["two columns 'x'"]),
        ("a.csv", b"x,y\n1,\xff\n", ["column 'y' holds bytes that are no text in UTF-8"]),
        ("a.csv", "größe,y\n1,2\n".encode("latin-1"), ["cannot be read as CSV", "must be in UTF-8"]),
        ("a.csv", b"x,y\n1,2026-01-01\n", ["column 'y' is of the kind date32"]),
        ("a.parquet", b"PAR1 and more", ["cannot be read as PARQUET"]),
        ("a.npz", b"PK and more", ["cannot be read as NPZ", "numpy.savez"]),
        ("a.npz", npz(x=np.array([{}])), ["array 'x' holds Python objects", "never done"]),
        ("a.npz", npz(x=np.array([1 + 2j])), ["of the kind complex128"]),
        ("a.npz", npz(x=np.array([(1, 2)], "i4,i4")), ["of the kind"]),
        ("a.npz", npz(x=np.array(3)), ["does not hold a value for each row"]),
        ("a.npz", claiming((10**12,)), ["array 'x' of shape (1000000000000,) does not hold"]),
    ],
)
def test_what_is_not_what_its_name_says_is_an_error(name, content, words, tmp_path):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError) as caught:
        read(tmp_path / name)
    assert [word for word in words if word not in str(caught.value)] == []


def test_a_file_of_objects_is_never_unpickled(tmp_path):
    class Trap:
        def __reduce__(self):
            return (tmp_path / "sprung").write_text, ("",)

    np.savez(tmp_path / "a.npz", x=np.array([Trap(), Trap()]), allow_pickle=True)
    with pytest.raises(DataError, match="never done"):
        read(tmp_path / "a.npz")
    assert not (tmp_path / "sprung").exists()


def test_what_is_too_large_is_refused_unread(tmp_path, monkeypatch):
    write(FRAME, tmp_path / "a.csv")
    write(FRAME, tmp_path / "a.parquet")
    monkeypatch.setattr(formats, "LARGEST_TEXT", 10)
    with pytest.raises(DataError, match=r"may have 10\. Write the table as Parquet or NPZ"):
        read(tmp_path / "a.csv")
    memory = formats.available_memory().__class__("this machine", 40, 40)
    monkeypatch.setattr(formats, "available_memory", lambda: memory)
    write(FRAME, tmp_path / "a.npz")
    for name in ("a.parquet", "a.npz"):
        with pytest.raises(DataError, match="this machine has 40 bytes"):
            read(tmp_path / name)
