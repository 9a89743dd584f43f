"""Formulas as MathML, which browsers draw themselves: no script, no font and no network is needed.

The translation is that of docutils; a formula that it does not know is a warning, and so an error of the build.
"""

from typing import Any

from docutils import nodes
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.application import Sphinx
from sphinx.util import logging

LOG = logging.getLogger(__name__)


def translate(node: nodes.Element, *, as_block: bool) -> str:
    """Return a formula as MathML; one that cannot be translated as its source, with a warning."""
    source = node.astext()
    try:
        return str(tex2mathml(source, as_block=as_block))
    except MathError as error:
        LOG.warning("formula %r: %s", source, error, location=node, type="mathml")
        return f"<code>{source}</code>"


def visit_inline(self: Any, node: nodes.math) -> None:
    """Write a formula within a line."""
    self.body.append(translate(node, as_block=False))
    raise nodes.SkipNode


def visit_block(self: Any, node: nodes.math_block) -> None:
    """Write a formula of its own; it scrolls where a screen is narrow."""
    self.body.append(f'<div class="formula">{translate(node, as_block=True)}</div>\n')
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the renderer."""
    app.add_html_math_renderer("mathml", (visit_inline, None), (visit_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
