"""Sphinx configuration."""

import os
import shutil
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "extensions"))
# cells of tutorials that start with %%bash find the `hetevo` of this Python, and are run as bash_cells.py says
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
os.environ["IPYTHONDIR"] = str(HERE / "_build" / "ipython")
startup = HERE / "_build" / "ipython" / "profile_default" / "startup"
startup.mkdir(parents=True, exist_ok=True)
shutil.copy(HERE / "extensions" / "bash_cells.py", startup)

project = "Hetevo"
author = "The Hetevo developers"
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.autosummary", "sphinx_design", "numpydoc", "mathml"]
templates_path = ["_templates"]
exclude_patterns = [
    "_build",
    "_templates",
    "claims/table.md",
    "generated/*.md",
    "examples/**",
    "gallery/**",
    "generated/gallery/*.md",
]
default_role = None

myst_enable_extensions = ["dollarmath", "amsmath", "colon_fence"]
myst_heading_anchors = 3

# every tutorial is run, in a folder of its own; an error in a cell is an error of the build
nb_execution_mode = "force"
nb_execution_in_temp = True
nb_execution_timeout = 240
nb_execution_raise_on_error = True
nb_merge_streams = True

autosummary_generate = True
autodoc_typehints = "none"
# what a name is worth stands in its text: values are pages of registries and defaults
autodoc_default_options = {"no-value": True}
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False

html_theme = "pydata_sphinx_theme"
html_title = "Hetevo"
html_extra_path = ["generated/pages"]
html_static_path = ["_static"]
html_css_files = ["hetevo.css"]
html_math_renderer = "mathml"
html_show_sourcelink = False
html_theme_options = {
    "header_links_before_dropdown": 6,
    "navigation_with_keys": False,
    "footer_start": ["copyright"],
    "footer_end": [],
}
project_copyright = "The Hetevo developers. MIT licence"
