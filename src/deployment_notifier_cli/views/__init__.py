"""What people and programs see: values in, lines or JSON out."""
