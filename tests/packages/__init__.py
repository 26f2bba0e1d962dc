"""A survey of third-party packages, run by hand: ``python -m tests.packages.survey`` with the extra ``packages``."""
