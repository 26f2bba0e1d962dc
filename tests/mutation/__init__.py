"""Mutation testing of the rules: each small fault that could be in one has to be found by some test of it."""
