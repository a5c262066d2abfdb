"""Cuts botocore's data down to what the package needs: python trim_botocore.py DATA_FOLDER SERVICE...

At each cold start botocore reads where all services have endpoints, and the whole description of each service that has
a client. So the 400 services that are never called are deleted, with their endpoints, and so is the documentation in
the descriptions that stay, which is half of their text. src/Makefile runs this on a package.
"""

from __future__ import annotations

import gzip
import json
import shutil
import sys
from pathlib import Path
from typing import Any


def trim(data: Path, services: set[str]) -> None:
    """Delete what no client of some services needs.

    Args:
        data: the folder `botocore/data` of a package.
        services: the services, as botocore names them.

    Raises:
        SystemExit: there is no description of one of them.
    """
    folders = {path.name: path for path in data.iterdir() if path.is_dir()}
    if missing := services - folders.keys():
        sys.exit(f"{data} has no description of {', '.join(sorted(missing))}")
    for name, folder in folders.items():
        if name not in services:
            shutil.rmtree(folder)
    endpoints = data / "endpoints.json"
    content = json.loads(endpoints.read_bytes())
    for partition in content["partitions"]:
        partition["services"] = {name: each for name, each in partition["services"].items() if name in services}
    endpoints.write_text(json.dumps(content), encoding="utf-8")
    for description in data.glob("*/*/service-2.json.gz"):
        content = without_documentation(json.loads(gzip.decompress(description.read_bytes())))
        # Not compressed: each Python's gzip writes other bytes, and the package should be the same from all of them.
        description.with_suffix("").write_text(json.dumps(content), encoding="utf-8")
        description.unlink()


def without_documentation(value: Any) -> Any:  # noqa: ANN401 - JSON
    """Return a description without the texts that explain it; a field of this name that a service has stays."""
    if isinstance(value, dict):
        return {
            name: without_documentation(each)
            for name, each in value.items()
            if name != "documentation" or not isinstance(each, str)
        }
    return [without_documentation(each) for each in value] if isinstance(value, list) else value


if __name__ == "__main__":
    trim(Path(sys.argv[1]), set(sys.argv[2:]))
