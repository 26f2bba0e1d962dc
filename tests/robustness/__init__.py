"""What strangers rely on: bad input, odd names, large programs, effects, a world that changes."""
