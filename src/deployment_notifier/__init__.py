"""Watches AWS IoT Greengrass deployments and tells people when one goes wrong."""
