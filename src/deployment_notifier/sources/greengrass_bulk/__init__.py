"""The source `greengrass-bulk`: bulk deployments of AWS IoT Greengrass V1."""
