"""The commands: each reads its arguments, does one thing and prints what came of it."""
