"""How fast gradients are, and how fast they are made: `make bench`."""
