from __future__ import annotations

import compileall
import gzip
import io
import json
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

import pytest

from tests.template import load_template
from trim_package import EPOCH, SERVICES, TrimError, find_runtime, trim, without_documentation

if TYPE_CHECKING:
    from pathlib import Path

MEBIBYTE = 1 << 20

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
clients["greengrass"].get_paginator("list_bulk_deployments")
try:
    session.client("s3")
except botocore.exceptions.UnknownServiceError:
    print(json.dumps({
        "endpoints": {name: client.meta.endpoint_url for name, client in clients.items()},
        "outside": [m.__file__ for m in list(sys.modules.values())
                    if "site-packages" in (getattr(m, "__file__", None) or "")],
    }))
"""


def start(package: Path, region: str) -> dict[str, dict[str, str]]:
    """Run START in a bare interpreter, whose own packages are out of sight (-I, -S)."""
    script = f"import sys; sys.path.insert(0, {str(package)!r})\n{START}"
    command = [sys.executable, "-I", "-S", "-B", "-c", script, region, *sorted(SERVICES)]
    finished = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 # our own script
    assert finished.returncode == 0, finished.stderr
    answer: dict[str, dict[str, str]] = json.loads(finished.stdout.splitlines()[-1])
    return answer


def zipped_size(package: Path, *, with_byte_code: bool) -> int:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(package.rglob("*")):
            if with_byte_code or "__pycache__" not in path.parts:
                archive.write(path, path.relative_to(package))
    return buffer.tell()


@pytest.mark.parametrize(
    ("region", "domain"),
    [
        ("eu-west-1", "eu-west-1.amazonaws.com"),
        ("cn-north-1", "cn-north-1.amazonaws.com.cn"),
        ("us-gov-west-1", "us-gov-west-1.amazonaws.com"),
    ],
)
def test_the_package_starts_by_itself_and_finds_each_services_endpoint(package: Path, region: str, domain: str) -> None:
    started = start(package, region)

    assert started["endpoints"] == {name: f"https://{name}.{domain}" for name in SERVICES}
    assert not started["outside"]


def test_the_package_keeps_just_the_services_that_the_roles_may_call() -> None:
    resources = load_template()["Resources"]
    policies = [
        policy for role in ("NotifierRole", "SlackRole") for policy in resources[role]["Properties"]["Policies"]
    ]
    actions = [statement["Action"] for policy in policies for statement in policy["PolicyDocument"]["Statement"]]
    services = {action.split(":")[0] for entry in actions for action in ([entry] if isinstance(entry, str) else entry)}

    # Lambda itself writes the log, and Parameter Store decrypts.
    assert services - {"logs", "kms"} == SERVICES


def test_the_package_is_small(package: Path) -> None:
    assert zipped_size(package, with_byte_code=False) < 2 * MEBIBYTE
    assert zipped_size(package, with_byte_code=True) < 4 * MEBIBYTE


def test_the_package_holds_our_code_and_nothing_that_only_builds_it(package: Path) -> None:
    assert (package / "deployment_notifier" / "model.py").is_file()
    assert not [
        name
        for name in ("Makefile", "trim_package.py", "requirements.txt", "bin", "tests")
        if (package / name).exists()
    ]


def test_the_package_is_pure_python_so_one_serves_both_architectures(package: Path) -> None:
    assert not [path for path in package.rglob("*") if path.suffix in (".so", ".pyd", ".dylib")]


def test_no_time_of_the_build_gets_into_the_package(package: Path) -> None:
    assert {int(path.stat().st_mtime) for path in package.rglob("*")} == {EPOCH}


def test_byte_code_is_there_when_a_python_of_the_runtime_is(package: Path) -> None:
    compiled = list((package / "deployment_notifier").rglob("*.cpython-313.pyc"))

    assert bool(compiled) == (find_runtime() is not None)
    # Unchecked: Lambda doesn't compare each module with its source (PEP 552, flag word 1).
    assert all(path.read_bytes()[4:8] == b"\x01\0\0\0" for path in compiled)


def test_a_member_that_is_called_documentation_stays() -> None:
    model = {
        "documentation": "text",
        "shapes": [{"members": {"documentation": {"shape": "S", "documentation": "text"}, "n": 1}}],
    }

    assert without_documentation(model) == {"shapes": [{"members": {"documentation": {"shape": "S"}, "n": 1}}]}


def installed(folder: Path, services: list[str]) -> Path:
    """A stand-in for what pip installs: the SDK's data, and a module."""
    data = folder / "botocore" / "data"
    for service in services:
        for version in ("2011-01-01", "2020-01-01"):
            (data / service / version).mkdir(parents=True)
            (data / service / version / "service-2.json.gz").write_bytes(gzip.compress(b"{}"))
    (data / "endpoints.json").write_text(
        json.dumps({"partitions": [{"services": {name: {} for name in (*services, "s3")}}]}), encoding="utf-8"
    )
    (folder / "boto3" / "data").mkdir(parents=True)
    (folder / "module.py").write_text("ANSWER = 42\n", encoding="utf-8")
    compileall.compile_dir(folder, quiet=1)
    return folder


def test_the_newest_version_of_a_service_is_the_one_that_stays(tmp_path: Path) -> None:
    package = installed(tmp_path, [*SERVICES, "ec2"])

    trim(package, python=None)

    data = package / "botocore" / "data"
    assert {path.relative_to(data).as_posix() for path in data.rglob("*.json*")} == {
        "endpoints.json",
        *(f"{service}/2020-01-01/service-2.json" for service in SERVICES),
    }
    assert set(json.loads((data / "endpoints.json").read_text())["partitions"][0]["services"]) == SERVICES
    assert not list(package.rglob("__pycache__"))


def test_an_sdk_that_has_dropped_a_service_stops_the_build(tmp_path: Path) -> None:
    with pytest.raises(TrimError, match="greengrass"):
        trim(installed(tmp_path, sorted(SERVICES - {"greengrass"})), python=None)
