"""Random Python programs, and what has to hold for their derivatives."""
