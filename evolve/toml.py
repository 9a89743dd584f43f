"""TOML: reading what may come from anybody, whose nesting is bounded before anything else; and writing a value."""

import re
import tomllib
from collections.abc import Mapping
from typing import Any

import tomli_w

DEEPEST = 16
"""Tables and lists inside each other, and words of a dotted key; a real configuration has four."""

_WORD = r"""(?:[\w-]+|"[^"\n]*"|'[^'\n]*')"""
# thousands of words take `tomllib` minutes
_LONG_KEY = re.compile(rf"{_WORD}(?:[ \t]*\.[ \t]*{_WORD}){{{DEEPEST}}}")


_CLOSING = {"[": "]", "{": "}", "(": ")"}


class NestingError(ValueError):
    """Tables and lists are nested deeper than any setting is."""

    def __init__(self) -> None:
        super().__init__(
            f"expected tables and lists in at most {DEEPEST} levels, got more; look for brackets that are not closed,"
            " or keys with many dots"
        )


def read_toml(text: str) -> dict[str, Any]:
    """Read TOML.

    Raises
    ------
    ValueError
        If it is not TOML, has a number with thousands of digits, or is nested too deep (`NestingError`).
    """
    if _LONG_KEY.search(text):
        raise NestingError
    try:
        content = tomllib.loads(text)
    except RecursionError:
        raise NestingError from None
    check_nesting(content)
    return content


def check_nesting(content: Any) -> None:
    """Refuse tables and lists that are nested too deep: what walks through them goes one call deeper a level.

    Raises
    ------
    NestingError
        If they are.
    """
    level = [content]
    for _ in range(DEEPEST):
        level = [part for value in level for part in _list_parts(value)]
    if level:
        raise NestingError


def _list_parts(value: Any) -> list[Any]:
    """List what is inside a table or list."""
    if isinstance(value, Mapping):
        return list(value.values())
    return list(value) if isinstance(value, list | tuple) else []


def inline(value: Any) -> str:
    """Return a value as TOML on one line, such as ``{name = "selBest"}``."""
    if isinstance(value, dict):
        keys = (tomli_w.dumps({name: 0}).strip().removesuffix(" = 0") for name in value)
        return f"{{{', '.join(f'{key} = {inline(part)}' for key, part in zip(keys, value.values(), strict=True))}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(inline, value))}]"
    return tomli_w.dumps({"x": value}).strip().removeprefix("x = ")


def split_values(text: str) -> list[str]:
    """Part a text at its commas, except for those inside brackets, braces, parentheses and quotation marks.

    Examples
    --------
    >>> split_values("4,8"), split_values("[4, 4],[8]"), split_values('"a,b"')
    (['4', '8'], ['[4, 4]', '[8]'], ['"a,b"'])
    """
    parts, inside, quote, escaped = [""], [], "", False
    for char in text:
        if quote:
            # in "…" a backslash takes the meaning from what follows, as in TOML
            quote, escaped = (
                ("" if char == quote and not escaped else quote),
                char == "\\" and quote == '"' and not escaped,
            )
        elif char in "\"'":
            quote = char
        elif char in _CLOSING:
            inside.append(_CLOSING[char])
        elif inside and char == inside[-1]:
            inside.pop()
        elif char == "," and not inside:
            parts.append("")
            continue
        parts[-1] += char
    return parts
