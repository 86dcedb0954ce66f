"""The documentation site. Everything is local: nothing is fetched, neither while building nor while reading."""

from __future__ import annotations

import sys
from importlib.metadata import version as version_of
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "polyhead"
author = "The polyhead developers"
copyright = "the polyhead developers, Apache-2.0"
version = release = version_of("polyhead")

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx_copybutton", "polyhead_pages"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_ext"]
nitpicky = False  # types of signatures lead to private modules and other libraries, which are not documented here

myst_enable_extensions = ["attrs_inline", "deflist"]
myst_heading_anchors = 3
myst_links_external_new_tab = False

copybutton_prompt_text = "$ "  # what is copied are the commands, without what they print

default_role = "code"  # docstrings write code in single backticks
autodoc_typehints = "signature"
autodoc_member_order = "bysource"
autodoc_default_options = {"exclude-members": "with_traceback, add_note"}
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 60
add_module_names = False

html_theme = "pydata_sphinx_theme"
html_title = f"polyhead {version}"
html_static_path = ["_static"]
html_css_files = ["polyhead.css"]
html_sidebars = {page: [] for page in ("index", "tutorial/index", "troubleshooting", "benchmarks")}
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False
html_theme_options = {
    "logo": {"text": "polyhead"},
    "navbar_start": ["navbar-logo"],
    "navbar_center": ["navbar-nav"],
    "navbar_end": ["theme-switcher"],
    "navbar_persistent": ["search-button"],
    "header_links_before_dropdown": 7,
    "secondary_sidebar_items": ["page-toc"],
    "show_prev_next": True,
    "footer_start": ["copyright"],
    "footer_end": [],
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}
