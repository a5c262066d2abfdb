"""The source `greengrass-v2`: deployments of AWS IoT Greengrass V2 to things and thing groups."""
