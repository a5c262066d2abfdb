"""What the developer's shell has set does not reach the tests: tests/conftest.py removes it."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from local.project import PROJECT

NONSENSE = {
    "AWS_PROFILE": "nope",
    "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
    "AWS_ENDPOINT_URL_DYNAMODB": "nonsense",
    "AWS_REGION": "nowhere-1",
    "AWS_DEFAULT_REGION": "nowhere-2",
    "AWS_CONFIG_FILE": __file__,
    "AWS_CA_BUNDLE": "/nowhere",
    "DEPLOYMENT_NOTIFIER_STACK": "nope",
    "LOG_LEVEL": "nope",
    "HTTP_PROXY": "http://127.0.0.1:1",
    "http_proxy": "http://127.0.0.1:1",
}


@pytest.mark.parametrize(
    "test",
    [
        "tests/integration/cli/test_access.py::test_a_denied_action_is_named",
        "tests/unit/test_device_events_handler.py",
    ],
)
def test_the_tests_do_not_depend_on_the_developers_settings(test: str) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-n0", "-p", "no:cacheprovider", test]
    ran = subprocess.run(command, cwd=PROJECT, env=os.environ | NONSENSE, capture_output=True, text=True, check=False)  # noqa: S603 - this Python

    assert ran.returncode == 0, ran.stdout[-3000:]
