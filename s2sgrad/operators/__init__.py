"""Derivative operators beside those of :mod:`s2sgrad.api`."""
