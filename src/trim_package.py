"""Makes an installed package small, quick to start and the same each time: the last step of `src/Makefile`.

The AWS SDK carries the description of 400 services, with their documentation. Lambda unpacks and reads what it is
given each time it starts a container, so what the function never reads is taken out. Uses nothing but the standard
library; `benchmarks/cold_start.py` measures what each step brings.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

SERVICES = frozenset({"dynamodb", "greengrass", "sns", "sqs", "ssm"})
"""The AWS services that the functions call, as boto3 names them; a client for any other can't be made."""

RUNTIME = "3.13"
"""The function's Python, for which byte code is compiled."""

NEEDLESS = (
    "bin",  # command line tools of the dependencies
    "boto3/examples",
    # A web framework with its Swagger UI, half of Powertools; and what needs packages that are not here.
    "aws_lambda_powertools/event_handler",
    "aws_lambda_powertools/utilities/data_masking",
    "aws_lambda_powertools/utilities/kafka",
    "aws_lambda_powertools/utilities/parser",
    "aws_lambda_powertools/utilities/validation",
)

INSTALLER_FILES = ("INSTALLER", "RECORD", "REQUESTED", "direct_url.json")
"""What pip notes in a *.dist-info folder: no longer true after this script. METADATA and licences stay."""

# The first moment that a ZIP file can hold, so that the same content always makes the same ZIP file.
EPOCH = 315_532_800


class TrimError(Exception):
    """The package does not look as this script expects it; the message says what is missing."""


def cut_services(package: Path) -> None:
    """Leave in the SDK's data only `SERVICES` and what every client reads.

    Raises:
        TrimError: The SDK knows no such service, as when a newer SDK has dropped it.
    """
    for data in (package / "botocore" / "data", package / "boto3" / "data"):
        for folder in sorted(data.iterdir()):
            if folder.is_dir() and folder.name not in SERVICES:
                shutil.rmtree(folder)
    for service in sorted(SERVICES):
        versions = sorted((package / "botocore" / "data" / service).glob("*/service-2.json.gz"))
        if not versions:
            raise TrimError(f"this SDK has no data for the service {service!r}")
        # Clients use the newest version, whose name is its date.
        for version in (package / "botocore" / "data" / service).iterdir():
            if version != versions[-1].parent:
                shutil.rmtree(version)


def without_documentation(value: object) -> object:
    """The same JSON value without texts under the name `documentation`.

    A member of a shape that is called `documentation` is an object, and stays.
    """
    if isinstance(value, dict):
        return {
            name: without_documentation(member)
            for name, member in value.items()
            if not (name == "documentation" and isinstance(member, str))
        }
    if isinstance(value, list):
        return [without_documentation(member) for member in value]
    return value


def cut_endpoints(endpoints: dict[str, list[dict[str, dict[str, object]]]]) -> None:
    """Leave in botocore's `endpoints.json` only `SERVICES`, in each partition."""
    for partition in endpoints["partitions"]:
        partition["services"] = {name: value for name, value in partition["services"].items() if name in SERVICES}


def rewrite_data(package: Path) -> None:
    """Write the SDK's data anew: no documentation, no examples, no spaces, not compressed.

    The function's ZIP file compresses it anyway, and reading it is quicker without a second layer.
    """
    data = package / "botocore" / "data"
    for path in sorted(data.rglob("*.json*")):
        if path.name.startswith("examples-"):
            path.unlink()
            continue
        raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        value = without_documentation(json.loads(raw))
        if path == data / "endpoints.json":
            cut_endpoints(value)  # type: ignore[arg-type] # its form is botocore's
        path.unlink()
        plain = path.with_suffix("") if path.suffix == ".gz" else path
        plain.write_text(json.dumps(value, separators=(",", ":"), ensure_ascii=False), encoding="utf-8")


def remove_needless(package: Path) -> None:
    """Remove what no import of the function reaches, and what pip notes about its own work."""
    for name in NEEDLESS:
        shutil.rmtree(package / name, ignore_errors=True)
    for cache in sorted(package.rglob("__pycache__")):
        shutil.rmtree(cache)
    for information in package.glob("*.dist-info"):
        for name in INSTALLER_FILES:
            (information / name).unlink(missing_ok=True)


def find_runtime() -> str | None:
    """A Python on this machine that is the function's own, or None."""
    name = f"python{RUNTIME}"
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    candidates = [sys.executable, shutil.which(name), *map(str, sorted(pyenv.glob(f"{RUNTIME}.*/bin/{name}")))]
    for candidate in filter(None, candidates):
        # It is run, not trusted: pyenv leaves commands on the PATH that only say that they are not installed.
        question = [candidate, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
        answer = subprocess.run(question, capture_output=True, text=True, check=False)  # noqa: S603 # found above
        if answer.returncode == 0 and answer.stdout.strip() == RUNTIME:
            return candidate
    return None


def compile_modules(package: Path, python: str) -> None:
    """Add byte code that Lambda uses as it is: not checked against the sources, and named by where they lie there."""
    subprocess.run(  # noqa: S603 # the interpreter that find_runtime found
        [
            *(python, "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash"),
            *("-s", str(package), "-p", "/var/task", str(package)),
        ],
        check=True,
        env={**os.environ, "PYTHONHASHSEED": "0"},  # the order within constant sets, so the same each time
    )


def fix_times(package: Path) -> None:
    """Give every file the same time, since a ZIP file holds it and SAM names uploads by their content."""
    for path in (package, *package.rglob("*")):
        os.utime(path, (EPOCH, EPOCH), follow_symlinks=False)


def trim(package: Path, python: str | None) -> None:
    """Trim the package in the folder `package`; `python` compiles it, None leaves that out."""
    cut_services(package)
    rewrite_data(package)
    remove_needless(package)
    if python:
        compile_modules(package, python)
    fix_times(package)


def main() -> int:
    """Trim the folder that is named on the command line."""
    parser = argparse.ArgumentParser(description="Trim an installed function package.")
    parser.add_argument("package", type=Path, help="the folder that pip installed to")
    parser.add_argument("--no-compile", action="store_true", help="add no byte code")
    arguments = parser.parse_args()
    python = None if arguments.no_compile else find_runtime()
    if python is None and not arguments.no_compile:
        sys.stdout.write(f"No Python {RUNTIME} here: the package gets no byte code, so it starts more slowly.\n")
    try:
        trim(arguments.package.resolve(), python)
    except (TrimError, OSError, ValueError, subprocess.CalledProcessError) as error:
        sys.stderr.write(f"The package could not be trimmed: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
