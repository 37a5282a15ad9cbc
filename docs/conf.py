"""How the site is built: python -m sphinx -W docs build/site."""

from __future__ import annotations

import sys
from pathlib import Path

import headwater

sys.path.insert(0, str(Path(__file__).parent))

project = "Headwater"
release = version = headwater.__version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "reference", "windows"]
exclude_patterns = ["adr/README.md"]  # `decisions` lists them here

myst_heading_anchors = 3
myst_enable_extensions = ["deflist"]

default_role = "literal"  # docstrings write names in single backticks
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_rtype = False
maximum_signature_line_length = 80
python_display_short_literal_types = True
add_module_names = False

html_theme = "furo"  # nothing of it is fetched from elsewhere
html_title = f"Headwater {version}"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_show_sphinx = False
html_show_sourcelink = False
html_copy_source = False
html_show_copyright = False
