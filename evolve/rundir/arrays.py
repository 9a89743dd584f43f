"""Arrow's columns from and to NumPy, by their buffers.

Arrow's own conversions load pandas as soon as they see an array, which takes longer than several generations.
"""

from collections.abc import Sequence
from itertools import accumulate
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

_TEXTS: dict[type, pa.DataType] = {str: pa.string(), bytes: pa.binary()}


def to_arrow(values: Any) -> pa.Array:
    """Return an array of numbers, or a list of texts or bytes, as Arrow has it; NaN becomes null.

    Parameters
    ----------
    values : array_like, shape (n,)
        Of any type that Arrow knows; whole and floating-point numbers, texts and bytes take the short way.
    """
    if isinstance(values, Sequence):
        return _pack_texts(values) if {*map(type, values)} in ({str}, {bytes}) else pa.array(values)
    array = np.ascontiguousarray(values)
    if array.dtype.kind == "U" and array.size:
        return _pack_texts(array.tolist())
    missing = np.isnan(array) if array.dtype.kind == "f" else None
    if array.ndim != 1 or array.dtype.kind not in "iuf" or array.dtype.byteorder not in "=|":
        return pa.array(array, mask=missing)
    # a bit for each value that is there, the lowest first; none if all are
    valid = None
    if missing is not None and missing.any():
        valid = pa.py_buffer(np.packbits(~missing, bitorder="little"))
    return pa.Array.from_buffers(pa.from_numpy_dtype(array.dtype), array.size, [valid, pa.py_buffer(array)])


def _pack_texts(values: Sequence[Any]) -> pa.Array:
    texts = [text.encode() if isinstance(text, str) else text for text in values]
    ends = np.fromiter(accumulate(map(len, texts), initial=0), np.int64, len(texts) + 1)
    if ends[-1] > np.iinfo(np.int32).max:
        return pa.array(values)
    buffers = [None, pa.py_buffer(ends.astype(np.int32)), pa.py_buffer(b"".join(texts))]
    return pa.Array.from_buffers(_TEXTS[type(values[0])], len(texts), buffers)


def from_arrow(column: pa.ChunkedArray) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Return what a column of numbers or truth values holds, and where.

    Parameters
    ----------
    column : pyarrow.ChunkedArray
        Of n rows.

    Returns
    -------
    ndarray of the column's type, shape (k,)
        The values that are there.
    ndarray of bool, shape (n,)
        Whether there is one.
    """
    kind = column.type
    if not (pa.types.is_integer(kind) or pa.types.is_floating(kind)):
        return column.drop_null().to_numpy(), column.is_valid().to_numpy()
    dtype = np.dtype(kind.to_pandas_dtype())
    # an empty part first, for columns without chunks
    values, valid = [np.empty(0, dtype)], [np.empty(0, np.bool_)]
    for chunk in column.chunks:
        bits, content = chunk.buffers()
        place = slice(chunk.offset, chunk.offset + len(chunk))
        there = np.ones(len(chunk), np.bool_)
        if bits is not None and chunk.null_count:
            there = np.unpackbits(np.frombuffer(bits, np.uint8), bitorder="little")[place].astype(np.bool_)
        values.append(np.frombuffer(content, dtype)[place][there])
        valid.append(there)
    return np.concatenate(values), np.concatenate(valid)
