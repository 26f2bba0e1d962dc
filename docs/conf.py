"""Sphinx: `make docs`."""

from s2sgrad.version import __version__

project = "s2sgrad"
author = "the s2sgrad authors"
release = version = __version__
extensions = ["myst_parser", "sphinx.ext.autodoc"]
html_theme = "furo"
exclude_patterns = ["_build"]
autodoc_typehints = "none"
autodoc_member_order = "bysource"
