"""`template.yaml`, read as data."""

from local.template import load_template, pattern_of, resolve

__all__ = ["load_template", "pattern_of", "resolve"]
