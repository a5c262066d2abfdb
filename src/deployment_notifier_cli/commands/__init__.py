"""The commands, one module each: a command takes its arguments, does one thing and prints what came of it."""
