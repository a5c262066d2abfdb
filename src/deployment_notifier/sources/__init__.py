"""Where a deployment's status comes from: the port, the registry, and one package for each source."""
