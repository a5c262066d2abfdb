"""Runs uv as this machine's pip is configured: uv has the same settings, but does not read pip's configuration."""

from __future__ import annotations

import os
import subprocess
import sys
from ast import literal_eval

SETTINGS = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "trusted-host": "UV_INSECURE_HOST",
    "cert": "SSL_CERT_FILE",
    "client-cert": "SSL_CLIENT_CERT",
    "proxy": "ALL_PROXY",
}
"""The settings of pip that say where packages come from, and the environment variable with which uv takes each."""

_SECTIONS = ("global", "install", ":env:")
"""Where pip looks for a setting; a later one overrides an earlier one."""


def uv_settings(pip_configuration: str) -> dict[str, str]:
    """What uv is to take over.

    Args:
        pip_configuration: what `pip config list` prints, lines such as `global.index-url='https://...'`.
    """
    found: dict[tuple[int, str], str] = {}
    for line in pip_configuration.splitlines():
        key, _, value = line.partition("=")
        section, _, name = key.rpartition(".")
        if section in _SECTIONS and name in SETTINGS:
            found[_SECTIONS.index(section), name] = literal_eval(value)
    settings = {SETTINGS[name]: value.split() for (_, name), value in sorted(found.items())}
    # Like pip, uv is to take a package from whichever index has it; the hashes in the lock files make that safe.
    return {"UV_INDEX_STRATEGY": "unsafe-best-match"} | {
        name: ("," if name == "UV_FIND_LINKS" else " ").join(values) for name, values in settings.items()
    }


def main() -> int:
    """Run uv with the arguments of this program; the user's own UV_* variables come first."""
    command = [sys.executable, "-m", "pip", "config", "list"]
    listed = subprocess.run(command, capture_output=True, text=True, check=False)
    environment = uv_settings(listed.stdout) | os.environ | {"UV_PYTHON_DOWNLOADS": "never"}
    return subprocess.run([sys.executable, "-m", "uv", *sys.argv[1:]], env=environment, check=False).returncode


if __name__ == "__main__":
    try:
        raise SystemExit(main())
    except KeyboardInterrupt:
        raise SystemExit(130) from None
