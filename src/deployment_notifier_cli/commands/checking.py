"""`check` and `doctor`."""

from __future__ import annotations

from typing import Annotated

import typer

from deployment_notifier.model import Watch
from deployment_notifier.sources import greengrass_bulk
from deployment_notifier_cli import stack as stack_module
from deployment_notifier_cli.commands.watching import valid_id
from deployment_notifier_cli.doctor import Level, Visit, examine
from deployment_notifier_cli.errors import Exit
from deployment_notifier_cli.judgement import judge, patience
from deployment_notifier_cli.options import JsonOption, ProfileOption, RegionOption, StackOption, operator
from deployment_notifier_cli.sources import source
from deployment_notifier_cli.stack import DEFAULT_NAME
from deployment_notifier_cli.views import findings as findings_view
from deployment_notifier_cli.views import judgement as judgement_view
from deployment_notifier_cli.views.paper import say_json


def check(
    context: typer.Context,
    deployment_id: Annotated[str, typer.Argument(help="A deployment's id.", metavar="ID", show_default=False)],
    *,
    stack: StackOption = DEFAULT_NAME,
    region: RegionOption = None,
    profile: ProfileOption = None,
    as_json: JsonOption = False,
) -> None:
    """Ask AWS about one deployment now, and say what this stack would make of the answer. Writes nothing.

    It need not be watched. Of one that has ended, the groups are asked for too, for up to ten seconds.

    Exit code 1 when it or one of its groups failed, gave no answer, or would cause a warning.

    Example:  deployment-notifier check 1b2c3d4e-5f60-7182-93a4-b5c6d7e8f901
    """
    wanted = valid_id(deployment_id)
    here = operator(context, stack, region, profile)
    settings, environment = stack_module.function_settings(here.aws, here.stack)
    story = here.store.story(wanted)
    is_active = story is not None and story.is_active and story.watch is not None
    # A watch that ended is not checked: what is said of it is what a new one would bring.
    known = story.watch if story is not None and is_active else None
    watch = known or Watch(wanted, greengrass_bulk.NAME)
    now = here.now()
    asked = source(watch.source, here.aws, environment)
    judgement = judge(watch, asked, settings.policy, now, patience(asked))
    if as_json:
        say_json(judgement_view.as_json(judgement, is_active=is_active))
    else:
        judgement_view.show(judgement, settings.policy, now, is_active=is_active)
    if judgement.is_bad:
        raise typer.Exit(Exit.FINDING)


def doctor(
    context: typer.Context,
    *,
    stack: StackOption = DEFAULT_NAME,
    region: RegionOption = None,
    profile: ProfileOption = None,
    as_json: JsonOption = False,
) -> None:
    """Examine the stack: is it whole, does it sweep, does anybody hear it. Says what to do about each thing.

    Exit code 1 when something is wrong. What you may not look at is named, and is not counted as wrong.

    Example:  deployment-notifier doctor
    """
    here = operator(context, stack, region, profile)
    findings = []
    for finding in examine(Visit(here.aws, here.stack, here.store, here.now())):
        findings.append(finding)
        if not as_json:
            findings_view.show(finding)
    if as_json:
        say_json(findings_view.as_json(findings))
    else:
        findings_view.show_sum(findings)
    if any(finding.level is Level.WRONG for finding in findings):
        raise typer.Exit(Exit.FINDING)
