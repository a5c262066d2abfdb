"""The function's package, as `sam build` makes it by src/Makefile."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

import pytest

from local.project import PROJECT
from tests.template import load_template

if TYPE_CHECKING:
    from pathlib import Path

MEBIBYTE = 1 << 20
MAKEFILE = (PROJECT / "src" / "Makefile").read_text(encoding="utf-8")
SERVICES = set(re.findall(r"^SERVICES := (.*)$", MAKEFILE, re.MULTILINE)[0].split())

# What the function does at its start, with a package that is alone on the path.
START = """
import json, sys
import boto3, botocore.exceptions
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit, single_metric

Logger(service="s").info("logged")
with single_metric(name="M", unit=MetricUnit.Seconds, value=1, namespace="n"): pass
session = boto3.Session("a", "b", region_name=sys.argv[1])
clients = {name: session.client(name) for name in sys.argv[2:]}
clients["dynamodb"].get_paginator("query"), clients["dynamodb"].exceptions.ConditionalCheckFailedException
try:
    session.client("s3")
except botocore.exceptions.UnknownServiceError:
    print(json.dumps({
        "endpoints": {name: client.meta.endpoint_url for name, client in clients.items()},
        "outside": [m.__file__ for m in list(sys.modules.values())
                    if "site-packages" in (getattr(m, "__file__", None) or "")],
    }))
"""


@pytest.mark.parametrize(
    ("region", "domain"),
    [
        ("eu-west-1", "eu-west-1.amazonaws.com"),
        ("cn-north-1", "cn-north-1.amazonaws.com.cn"),
        ("us-gov-west-1", "us-gov-west-1.amazonaws.com"),
    ],
)
def test_the_package_starts_by_itself_and_finds_each_services_endpoint(package: Path, region: str, domain: str) -> None:
    # A bare interpreter, whose own packages are out of sight (-I, -S).
    script = f"import sys; sys.path.insert(0, {str(package)!r})\n{START}"
    command = [sys.executable, "-I", "-S", "-B", "-c", script, region, *sorted(SERVICES)]
    finished = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own script

    assert finished.returncode == 0, finished.stderr
    started = json.loads(finished.stdout.splitlines()[-1])
    # The two versions of Greengrass share one endpoint.
    assert started["endpoints"] == {name: f"https://{name.removesuffix('v2')}.{domain}" for name in SERVICES}
    assert not started["outside"]


def test_the_package_keeps_just_the_services_that_the_roles_may_call() -> None:
    resources = load_template()["Resources"]
    roles = ("NotifierRole", "DeviceEventsRole", "SlackRole")
    policies = [policy for role in roles for policy in resources[role]["Properties"]["Policies"]]
    actions = [statement["Action"] for policy in policies for statement in policy["PolicyDocument"]["Statement"]]
    services = {action.split(":")[0] for entry in actions for action in ([entry] if isinstance(entry, str) else entry)}

    # Lambda itself writes the log, and Parameter Store decrypts. Both versions of Greengrass have the same prefix.
    assert (services - {"logs", "kms"}) | {"greengrassv2"} == SERVICES


def test_what_botocore_reads_at_each_start_is_about_these_services_only(package: Path) -> None:
    data = package / "botocore" / "data"
    endpoints = json.loads((data / "endpoints.json").read_bytes())
    descriptions = [path.read_bytes() for path in data.glob("*/*/service-2.json")]

    # The two versions of Greengrass share one endpoint.
    assert {*endpoints["partitions"][0]["services"]} == SERVICES - {"greengrassv2"}
    assert len(descriptions) == len(SERVICES)
    assert not [text for text in descriptions if b'"documentation": "' in text]


def test_the_package_is_small_and_pure_python_so_one_serves_both_architectures(package: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in package.rglob("*"):
            archive.write(path, path.relative_to(package))

    assert buffer.tell() < 7 * MEBIBYTE
    assert not [path for path in package.rglob("*") if path.suffix in (".so", ".pyd", ".dylib")]


def test_the_package_holds_our_code_and_nothing_that_only_builds_it(package: Path) -> None:
    assert (package / "deployment_notifier" / "handler.py").is_file()
    assert not [
        name
        for name in ("Makefile", "requirements.txt", "trim_botocore.py", "bin", "tests")
        if (package / name).exists()
    ]


def test_byte_code_is_used_without_a_look_at_the_sources(package: Path) -> None:
    compiled = list(package.rglob("*.pyc"))

    # There is none where the machine that built it has no Python 3.13.
    assert all(path.name.endswith(".cpython-313.pyc") for path in compiled)
    # PEP 552, flag word 1: unchecked.
    assert all(path.read_bytes()[4:8] == b"\x01\0\0\0" for path in compiled)
    assert not [path for path in compiled if str(package).encode() in path.read_bytes()]
