"""The operator's terminal, and the parts of the stack that sweeps do not need: all on moto, except for a few calls.

moto's CloudFormation needs packages that nothing else here does, its logs take no time but the real one, and it does
not simulate policies; so these calls are answered here.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections import defaultdict
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import boto3
from typer.testing import CliRunner

from deployment_notifier.model import milliseconds
from deployment_notifier_cli.app import app
from deployment_notifier_cli.aws import Aws
from deployment_notifier_cli.iam_actions import ACTIONS
from tests.conftest import REGION
from tests.integration.cli.operated_stack import ACCOUNT, FUNCTION, STACK, TABLE

if TYPE_CHECKING:
    from collections.abc import Callable

    from botocore.model import OperationModel
    from typer.testing import Result

    from tests.integration.cli.operated_stack import OperatedStack

LOG_GROUP = f"/aws/lambda/{FUNCTION}"
SCHEDULE = "notifier-schedule"
ALARM = "notifier-errors"
RULE = "notifier-device-events"
EVENTS_FUNCTION = "notifier-device-events"

_LISTINGS = ("greengrass:ListDeployments", "greengrass:ListBulkDeployments")

_TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


class OperatorClients:
    """The operator's way to AWS, made once for all tests.

    Attributes:
        aws: what commands call AWS with.
        answer: answers a call in AWS's place, or returns None.
    """

    def __init__(self) -> None:
        self.answer: Callable[[OperationModel, dict[str, Any]], tuple[Any, Any] | None] = lambda *_: None
        session = boto3.Session("testing", "testing", region_name=REGION)
        hook: Any = lambda model, params, **_: self.answer(model, params)  # noqa: E731 - typed
        session.events.register("before-call", hook)
        self.aws = Aws(session)


class Terminal:
    """Types commands, and breaks what they look at.

    Attributes:
        described: what DescribeStacks answers.
        parameters: the stack's.
        resources: what ListStackResources answers: logical name -> type, physical name, status.
        log: the log group's events; None if there is no such group.
        called: the IAM actions that each command needed.
        last: the last parameters of each operation of the logs.
        mapping: the id of the event source mapping, once it is complete.
        denied_to_role, denied_to_events_role: the actions that the roles' policies do not allow.
    """

    def __init__(self, stack: OperatedStack, clients: OperatorClients) -> None:
        self.operated = stack
        self.admin = stack.admin
        self._clients = clients
        clients.answer = self._answer
        self.parameters = {
            "Sources": "AUTO",
            "HistoryDays": "30",
            "CheckEveryMinutes": "5",
            "UncheckedAfterMinutes": "10",
            "DiscoverWithinHours": "0",
        }
        self.described: dict[str, Any] = {
            "StackName": STACK,
            "StackStatus": "CREATE_COMPLETE",
            "CreationTime": stack.now,
            "Outputs": [
                {"OutputKey": "FunctionName", "OutputValue": FUNCTION},
                {"OutputKey": "TableName", "OutputValue": TABLE},
                {"OutputKey": "AlertTopicArn", "OutputValue": stack.topic_arn},
            ],
        }
        self.resources = {
            "Schedule": ["AWS::Scheduler::Schedule", SCHEDULE, "CREATE_COMPLETE"],
            "DeviceEventsRule": ["AWS::Events::Rule", RULE, "CREATE_COMPLETE"],
            "DeviceEvents": ["AWS::SQS::Queue", "", "CREATE_COMPLETE"],
            "DeviceEventsFunction": ["AWS::Lambda::Function", EVENTS_FUNCTION, "CREATE_COMPLETE"],
            "ErrorsAlarm": ["AWS::CloudWatch::Alarm", ALARM, "CREATE_COMPLETE"],
        }
        self.called: dict[str, set[str]] = defaultdict(set)
        self.log: list[dict[str, Any]] | None = None
        self.last: dict[str, dict[str, Any]] = {}
        self.denied_to_role: set[str] = set()
        self.denied_to_events_role: set[str] = set()
        self.mapping = ""
        self._command = ""
        self._answers: dict[str, tuple[int, dict[str, Any]]] = {}
        self._before: dict[str, Callable[[], object]] = {}
        self._make_function()

    def assert_actions_are_known(self) -> None:
        """What a command called must be among the permissions that it is documented to need."""
        for command, called in self.called.items():
            assert called <= set(ACTIONS[command]), command

    def type(self, *words: str, answer: str | None = None) -> Result:
        """Type a command, and perhaps an answer to what it asks."""
        self._command = words[0]
        return CliRunner().invoke(app, list(words), input=answer, obj=lambda _region, _profile: self._clients.aws)

    def read(self, *words: str) -> Any:  # noqa: ANN401 - whatever JSON it prints
        """Type a command with `--json`, and read what it prints."""
        return json.loads(self.type(words[0], "--json", *words[1:]).stdout)

    def fail(self, operation: str, code: str = "AccessDenied", message: str = "User x is not authorized") -> None:
        """Let an operation, such as `sns.Publish`, fail from now on."""
        self._answers[operation] = 403, {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {}}

    def answer_with(self, operation: str, **answer: object) -> None:
        """Let an operation answer this from now on."""
        self._answers[operation] = 200, answer

    def before(self, operation: str, happens: Callable[[], object]) -> None:
        """Let something happen once, just before the next call of an operation."""
        self._before[operation] = happens

    # What the stack has beside the table and the topic

    def complete(self) -> None:
        """Give the stack all that a healthy one has: a schedule, an alarm, and a sweep that was logged."""
        self.admin("scheduler").create_schedule(
            Name=SCHEDULE,
            ScheduleExpression="rate(5 minutes)",
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={"Arn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{FUNCTION}", "RoleArn": self._role},
        )
        self.admin("cloudwatch").put_metric_alarm(
            AlarmName=ALARM,
            AlarmDescription="A sweep failed: see the log.",
            Namespace="AWS/Lambda",
            MetricName="Errors",
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=0,
            ComparisonOperator="GreaterThanThreshold",
        )
        self._make_device_events()
        self.log_sweep(watches=1, checked=1)

    def log_sweep(self, **counts: int) -> None:
        """Log what a sweep logs at its end, now."""
        messages = ("no JSON", json.dumps({"level": "INFO", "message": "sweep", **counts}))
        now = milliseconds(self.operated.now)
        self.log = [*(self.log or []), *({"timestamp": now, "message": message} for message in messages)]

    def set_environment(self, **variables: str) -> None:
        """Change the function's environment."""
        client = self.admin("lambda")
        old = client.get_function_configuration(FunctionName=FUNCTION)["Environment"]["Variables"]
        client.update_function_configuration(FunctionName=FUNCTION, Environment={"Variables": old | variables})

    def _make_function(self) -> None:
        self._role = self._create_role("notifier")
        self._create_function(
            FUNCTION,
            Environment={
                "Variables": {
                    "TABLE_NAME": TABLE,
                    "ALERT_TOPIC_ARN": self.operated.topic_arn,
                    "SOURCES": "AUTO",
                    "ALERT_ON": "DEFAULT",
                    "FAILED_DEVICES_THRESHOLD": "1",
                    "INVALID_RECORDS_THRESHOLD": "1",
                    "STALLED_AFTER_MINUTES": "60",
                    "UNCHECKED_AFTER_MINUTES": "10",
                    "FOLLOW_RESULTS_MINUTES": "60",
                    "CHECK_EVERY_MINUTES": "5",
                    "DISCOVER_WITHIN_HOURS": "0",
                    "HISTORY_DAYS": "30",
                    "POWERTOOLS_METRICS_NAMESPACE": "GreengrassDeploymentNotifier",
                    "POWERTOOLS_SERVICE_NAME": STACK,
                    "AWS_ENDPOINT_URL_GREENGRASS": self.operated.simulator.url,
                    "AWS_ENDPOINT_URL_GREENGRASSV2": self.operated.simulator.url,
                    "AWS_ENDPOINT_URL_IOT": self.operated.simulator.url,
                }
            },
        )

    def _make_device_events(self) -> None:
        """Make the rule, the queue and the function of the events of failed devices."""
        self.admin("events").put_rule(Name=RULE, EventPattern='{"source": ["aws.greengrass"]}')
        url = self.admin("sqs").create_queue(QueueName="device-events")["QueueUrl"]
        self.resources["DeviceEvents"][1] = url
        self._create_function(EVENTS_FUNCTION, Role=self._create_role("device-events"))
        self.mapping = self.admin("lambda").create_event_source_mapping(
            FunctionName=EVENTS_FUNCTION, EventSourceArn=f"arn:aws:sqs:{REGION}:{ACCOUNT}:device-events"
        )["UUID"]

    def _create_role(self, name: str) -> str:
        document = json.dumps(_TRUST)
        arn: str = self.admin("iam").create_role(RoleName=name, AssumeRolePolicyDocument=document)["Role"]["Arn"]
        return arn

    def _create_function(self, name: str, **more: object) -> None:
        code = io.BytesIO()
        with zipfile.ZipFile(code, "w") as package:
            package.writestr("index.py", "")
        self.admin("lambda").create_function(
            FunctionName=name,
            Runtime="python3.13",
            Handler="index.handler",
            Code={"ZipFile": code.getvalue()},
            **({"Role": self._role} | more),
        )

    def _answer(self, model: OperationModel, params: dict[str, Any]) -> tuple[Any, Any] | None:
        service = model.service_model.service_name
        operation = f"{service}.{model.name}"
        # IAM calls Greengrass V2 like V1.
        self.called[self._command].add(operation.replace(".", ":").replace("greengrassv2:", "greengrass:"))
        if service == "logs":
            self.last[operation] = json.loads(params["body"])
        self._before.pop(operation, lambda: None)()
        status, answer = self._answers.get(operation, (200, None))
        if answer is None and service == "cloudformation":
            status, answer = self._cloudformation(model.name, params["body"].get("StackName"))
        if answer is None and service == "logs":
            status, answer = self._logged(**self.last[operation])
        if answer is None and operation == "iam.SimulatePrincipalPolicy":
            status, answer = 200, self._simulated(params["body"])
        return None if answer is None else (SimpleNamespace(status_code=status), answer)

    def _simulated(self, body: Any) -> dict[str, Any]:  # noqa: ANN401 - a query's parameters, or their text
        fields = {name: value[0] for name, value in parse_qs(body).items()} if isinstance(body, str) else body
        actions = [value for name, value in fields.items() if name.startswith("ActionNames.")]
        resource = fields["ResourceArns.member.1"]
        denied = self.denied_to_role if fields["PolicySourceArn"] == self._role else self.denied_to_events_role
        results = [
            {
                "EvalActionName": action,
                # As the template's role: only the listings are allowed on all resources.
                "EvalDecision": "implicitDeny"
                if action in denied or (resource == "*") != (action in _LISTINGS)
                else "allowed",
            }
            for action in actions
        ]
        return {"EvaluationResults": results, "IsTruncated": False}

    def _logged(self, logGroupName: str, startTime: int, filterPattern: str) -> tuple[int, dict[str, Any]]:  # noqa: N803 - AWS's names
        assert (logGroupName, filterPattern) == (LOG_GROUP, '{ $.message = "sweep" }')
        if self.log is None:
            return 400, {"Error": {"Code": "ResourceNotFoundException", "Message": ""}, "ResponseMetadata": {}}
        return 200, {"events": [event for event in self.log if event["timestamp"] >= startTime]}

    def _cloudformation(self, operation: str, name: str | None) -> tuple[int, dict[str, Any]]:
        if name not in (None, STACK):
            message = f"Stack with id {name} does not exist"
            return 400, {"Error": {"Code": "ValidationError", "Message": message}, "ResponseMetadata": {}}
        if operation == "DescribeStacks":
            parameters = [{"ParameterKey": key, "ParameterValue": value} for key, value in self.parameters.items()]
            return 200, {"Stacks": [self.described | {"Parameters": parameters}]}
        names = ("ResourceType", "PhysicalResourceId", "ResourceStatus")
        summaries = [
            {"LogicalResourceId": logical} | dict(zip(names, each, strict=True))
            for logical, each in self.resources.items()
        ]
        return 200, {"StackResourceSummaries": summaries}
