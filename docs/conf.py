"""Sphinx configuration."""

project = "Hetevo"
author = "The Hetevo developers"
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.autosummary", "numpydoc"]
myst_enable_extensions = ["dollarmath", "amsmath"]
myst_heading_anchors = 3
autosummary_generate = True
autodoc_typehints = "none"
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False
default_role = None
html_theme = "pydata_sphinx_theme"
html_title = "Hetevo"
html_extra_path = ["generated/pages"]
exclude_patterns = ["_build", "_templates", "claims/table.md", "examples/**"]
templates_path = ["_templates"]
suppress_warnings = ["myst.xref_missing"]
