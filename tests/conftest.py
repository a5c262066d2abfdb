"""What all tests share: fake credentials, nothing of the developer's own settings, and the order of the tests."""

from __future__ import annotations

import os

import pytest

import tests.harness.hypothesis_settings  # noqa: F401 - loads the profile

REGION = "eu-west-1"

# What AWS's programs, Powertools and the command line read.
_SETTINGS = ("AWS_", "SAM_CLI_", "POWERTOOLS_", "LOG_LEVEL", "DEPLOYMENT_NOTIFIER_")

# At import, so that no fixture of whatever scope meets a profile or an endpoint of the developer's shell.
for _name in [name for name in os.environ if name.startswith(_SETTINGS)]:
    del os.environ[_name]
# A proxy stays, as pip may need it, but all that is tested is on this machine.
for _name in ("NO_PROXY", "no_proxy"):
    os.environ[_name] = f"127.0.0.1,localhost,{os.environ.get(_name, '')}"
os.environ |= {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_SESSION_TOKEN": "testing",
    "AWS_DEFAULT_REGION": REGION,
    "AWS_REGION": REGION,
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Generated tests first: they take longest, and at the end one of them would keep a single process busy."""
    items.sort(key=lambda item: item.get_closest_marker("hypothesis") is None)
