"""`make bench`: what the notifier costs in time, memory, calls and dollars, measured on this machine."""
