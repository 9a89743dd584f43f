"""Texts in the sources, as a reader of messages meets them."""

import ast
import re

GAP = "…"
"""What stands for names and numbers."""


def text_of(node):
    """Return a string in the sources, with a gap for what is put in; None if it is none."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(part.value if isinstance(part, ast.Constant) else GAP for part in node.values)
    return None


def texts(files):
    """Return all strings in some sources."""
    nodes = (node for file in files for node in ast.walk(ast.parse(file.read_text())))
    return {squeeze(text) for text in map(text_of, nodes) if text}


def squeeze(text):
    """Write white space, and gaps beside each other, once."""
    return re.sub(r"…+", GAP, " ".join(text.split()))
