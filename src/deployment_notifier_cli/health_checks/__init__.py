"""What `doctor` examines: is the stack complete, does it work, does anyone get its alerts."""
