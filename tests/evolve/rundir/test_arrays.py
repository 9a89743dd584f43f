"""Columns of records from and to NumPy are what Arrow's own conversions make of them, which load pandas."""

from hashlib import sha256

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from hetevo.evolve.rundir.arrays import from_arrow, to_arrow
from hetevo.evolve.rundir.parts import hash_rows

NUMBERS = st.sampled_from([np.float64, np.float32, np.int64, np.int8, np.uint16, np.bool_, np.dtype(">f8"), np.float16])
TEXTS = st.lists(st.text(max_size=4), max_size=6) | st.lists(st.binary(max_size=4), max_size=6)


@given(NUMBERS.flatmap(lambda kind: arrays(kind, st.integers(0, 20))) | TEXTS | TEXTS.map(np.array))
def test_a_column_is_what_arrow_makes_of_it(values):
    floats = isinstance(values, np.ndarray) and values.dtype.kind == "f"
    if floats and not values.dtype.isnative:
        values = values.astype(np.float64)
    expected = pa.array(values, mask=np.isnan(values)) if floats else pa.array(values)
    found = to_arrow(values)
    found.validate(full=True)
    assert found.type == expected.type
    assert found.equals(expected)


def slow_hash(table):
    """`hash_rows` as checkpoints of earlier versions were written with."""
    state = sha256(str(table.num_rows).encode())
    for name in sorted(table.column_names):
        column = table[name]
        if column.null_count == table.num_rows:
            continue
        values = column.drop_null()
        if pa.types.is_string(values.type) or pa.types.is_binary(values.type):
            state.update(f"{name}:{values.type};".encode())
            state.update(pc.binary_length(values).to_numpy().astype(np.int64).data)
            state.update(b"".join(values.cast(pa.binary()).to_pylist()))
        else:
            array = np.ascontiguousarray(values.to_numpy())
            state.update(f"{name}:{array.dtype.str};".encode())
            state.update(array.data)
        if column.null_count:
            state.update(np.ascontiguousarray(column.is_valid().to_numpy()).data)
    return state.hexdigest()


KINDS = {
    pa.float64(): st.floats(allow_nan=False) | st.none(),
    pa.int64(): st.integers(-(2**63), 2**63 - 1) | st.none(),
    pa.bool_(): st.booleans() | st.none(),
    pa.string(): st.text(max_size=3) | st.none(),
    pa.binary(): st.binary(max_size=3) | st.none(),
}


@given(st.data(), st.integers(0, 20), st.integers(0, 20), st.integers(0, 20))
def test_hashes_of_rows_are_those_of_earlier_versions_however_rows_are_cut(data, size, first, second):
    kinds = data.draw(st.lists(st.sampled_from(list(KINDS)), max_size=4))
    table = pa.table(
        {
            f"c{place}": pa.array(data.draw(st.lists(KINDS[kind], min_size=size, max_size=size)), kind)
            for place, kind in enumerate(kinds)
        }
    )
    low, high = sorted((min(first, size), min(second, size)))
    cut = pa.concat_tables([table.slice(0, low), table.slice(low, high - low), table.slice(high)])
    assert hash_rows(cut) == hash_rows(table) == slow_hash(table)


def test_a_column_without_chunks_holds_nothing():
    values, valid = from_arrow(pa.chunked_array([], pa.int64()))
    assert (values.size, valid.size, values.dtype) == (0, 0, np.int64)
