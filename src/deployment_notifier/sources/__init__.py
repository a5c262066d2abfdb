"""Where a deployment's status comes from: the port, and one file a source."""
