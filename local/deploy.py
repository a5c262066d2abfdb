"""`make deploy`: asks for what is not known yet, and deploys what was built.

Not by SAM's own questions (`sam deploy --guided`): they offer the template's defaults even where the stack exists, so
that a colleague who only presses Enter would set its parameters back and end its alerts.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from collections.abc import Sequence

TEMPLATE = Path("template.yaml")
SAM_SETTINGS = Path("samconfig.toml")
ANSWERS = Path(".stack.toml")
"""The stack that was deployed from this clone."""


def main(parameters: Sequence[str]) -> int:
    """Deploy the stack with these parameters, such as `AlertOn=FAILED`; all others keep their values."""
    settings = SAM_SETTINGS.read_text(encoding="utf-8")
    if re.search("^parameter_overrides", settings, re.MULTILINE):
        sys.exit(
            f"{SAM_SETTINGS} sets parameters, each time. Take the line parameter_overrides out of it, and use SET."
        )
    _refuse_unknown(parameters)
    session = boto3.Session()
    if session.get_credentials() is None:
        sys.exit("No AWS credentials were found. Sign in first: `aws sts get-caller-identity` must show your account.")
    is_known = ANSWERS.exists()
    if is_known:
        known = tomllib.loads(ANSWERS.read_text(encoding="utf-8"))
        name, region = known["stack_name"], known["region"]
    else:
        name = _ask("Stack name", tomllib.loads(settings)["default"]["global"]["parameters"]["stack_name"])
        # boto3 does not read AWS_REGION.
        region = _ask("Region", os.environ.get("AWS_REGION") or session.region_name)
    if _exists(session, name, region):
        print(f"Stack {name} exists in {region}. It keeps its settings, except for what SET names.")
    elif not any(each.startswith("AlertEmail=") for each in parameters):
        parameters = [*parameters, f"AlertEmail={input('Email address for the alerts (may be empty): ').strip()}"]
    command = ["sam", "deploy", "--stack-name", name, "--region", region]
    if parameters:
        # SAM refuses an empty value and splits one with a space, unless they are in quotes.
        pairs = (each.partition("=") for each in parameters)
        command += ["--parameter-overrides", *(f'{key}="{value}"' for key, _, value in pairs)]
    status = subprocess.run(command, check=False).returncode
    # Only now, so that the questions are asked again if the answers led nowhere.
    if not is_known and _exists(session, name, region):
        ANSWERS.write_text(f'stack_name = "{name}"\nregion = "{region}"\n', encoding="utf-8")
    return status


def _refuse_unknown(parameters: Sequence[str]) -> None:
    """Refuse what is no parameter of the template: SAM would leave it out without a word."""
    section = TEMPLATE.read_text(encoding="utf-8").partition("\nParameters:\n")[2]
    known = re.findall(r"^  (\w+):$", re.split(r"^\S", section, maxsplit=1, flags=re.MULTILINE)[0], re.MULTILINE)
    for each in parameters:
        name, is_set, _ = each.partition("=")
        if not (is_set and name in known):
            sys.exit(f"SET holds {each!r}. It takes NAME=VALUE, without spaces, of: {', '.join(known)}.")


def _ask(question: str, default: str | None) -> str:
    while not (answer := input(f"{question} [{default or ''}]: ").strip() or default):
        pass
    return answer


def _exists(session: boto3.Session, name: str, region: str) -> bool:
    """Whether the stack is there; a change set that was made for a new stack and refused leaves none."""
    try:
        (stack,) = session.client("cloudformation", region_name=region).describe_stacks(StackName=name)["Stacks"]
    except ClientError as error:
        if f"Stack with id {name} does not exist" in str(error):
            return False
        raise
    return stack["StackStatus"] != "REVIEW_IN_PROGRESS"


if __name__ == "__main__":
    try:
        raise SystemExit(main(sys.argv[1:]))
    except (BotoCoreError, ClientError) as error:
        sys.exit(f"Stack not deployed: {error}")
    except EOFError:
        sys.exit("\nNobody answers. docs/operations.md says how to deploy without questions.")
    except KeyboardInterrupt:
        raise SystemExit(130) from None
