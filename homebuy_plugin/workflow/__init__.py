"""A case in motion: its state, its events, and what each change and instant makes of it."""
