"""The operator's terminal, and the parts of the stack that sweeps don't need: all on moto but CloudFormation.

moto's CloudFormation needs packages that nothing else here does, and its logs take no time but the real one; so their
calls are answered here.
"""

from __future__ import annotations

import io
import json
import zipfile
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import boto3
from typer.testing import CliRunner

from deployment_notifier.model import milliseconds
from deployment_notifier_cli.app import app
from deployment_notifier_cli.aws import ACTIONS, Aws
from tests.conftest import REGION
from tests.integration.world import ACCOUNT, TABLE

if TYPE_CHECKING:
    from collections.abc import Callable

    from botocore.model import OperationModel
    from typer.testing import Result

    from tests.integration.world import World

STACK = "greengrass-deployment-notifier"
FUNCTION = "notifier"
LOG_GROUP = f"/aws/lambda/{FUNCTION}"
SCHEDULE = "notifier-schedule"
ALARM = "notifier-errors"

_TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


class Line:
    """The way to AWS, made once for all tests, since making clients takes longer than most of these.

    Attributes:
        aws: what commands ask AWS with; what they call goes by `answer`.
        answer: answers a call in AWS's stead, or lets it pass by returning None.
    """

    def __init__(self) -> None:
        self.answer: Callable[[OperationModel, dict[str, Any]], tuple[Any, Any] | None] = lambda *_: None
        session = boto3.Session("testing", "testing", region_name=REGION)
        # botocore takes what it returns for the answer, whatever its stubs say.
        hook: Any = self._calling
        session.events.register("before-call", hook)
        self.aws = Aws(session)
        self._admin = boto3.Session("testing", "testing", region_name=REGION)
        self._clients: dict[str, Any] = {}

    def _calling(self, model: OperationModel, params: dict[str, Any], **_: object) -> tuple[Any, Any] | None:
        return self.answer(model, params)

    def admin(self, service: str) -> Any:  # noqa: ANN401 - any service's client
        """A client that is nobody's who types commands."""
        if service not in self._clients:
            self._clients[service] = self._admin.client(service)  # type: ignore[call-overload] # any service
        return self._clients[service]


class Terminal:
    """Types commands, and breaks what they look at.

    Attributes:
        stack: what DescribeStacks tells.
        resources: what ListStackResources tells: logical name -> type, physical name, status.
        log: the log group's events; None where there is no such group.
        operations: every operation that a command called, in order.
        asked: what the log service was asked last, by operation.
    """

    def __init__(self, world: World, line: Line) -> None:
        self.world = world
        self.admin = line.admin
        self._line = line
        line.answer = self._answer
        self.stack: dict[str, Any] = {
            "StackName": STACK,
            "StackStatus": "CREATE_COMPLETE",
            "CreationTime": world.clock(),
            "Parameters": [
                {"ParameterKey": "HistoryDays", "ParameterValue": "30"},
                {"ParameterKey": "CheckEveryMinutes", "ParameterValue": "5"},
            ],
            "Outputs": [
                {"OutputKey": "FunctionName", "OutputValue": FUNCTION},
                {"OutputKey": "TableName", "OutputValue": TABLE},
                {"OutputKey": "AlertTopicArn", "OutputValue": world.topic_arn},
            ],
        }
        self.resources = {
            "Schedule": ["AWS::Scheduler::Schedule", SCHEDULE, "CREATE_COMPLETE"],
            "ErrorsAlarm": ["AWS::CloudWatch::Alarm", ALARM, "CREATE_COMPLETE"],
        }
        self.operations: list[str] = []
        self.log: list[dict[str, Any]] | None = None
        self.asked: dict[str, dict[str, Any]] = {}
        self._answers: dict[str, tuple[int, dict[str, Any]]] = {}
        self._before: dict[str, Callable[[], object]] = {}
        self._make_function()

    def close(self) -> None:
        """Everything that commands called must be among the actions that the package names."""
        assert set(self.operations) <= set(ACTIONS.values())

    def type(self, *words: str, answer: str | None = None) -> Result:
        """Type a command, and perhaps an answer to what it asks."""
        return CliRunner().invoke(app, list(words), input=answer, obj=lambda _region, _profile: self._line.aws)

    def read(self, *words: str) -> Any:  # noqa: ANN401 - whatever JSON it prints
        """Type a command with `--json`, and read what it prints."""
        return json.loads(self.type(*words, "--json").stdout)

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

    def make_whole(self) -> None:
        """Give it all that a healthy stack has: a schedule, an alarm, and a sweep that was logged."""
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
        self.log_sweep(watches=1, checked=1)

    def log_sweep(self, **counts: int) -> None:
        """Log what a sweep logs at its end, as of now."""
        messages = ("no JSON", json.dumps({"level": "INFO", "message": "sweep", **counts}))
        now = milliseconds(self.world.clock())
        self.log = [*(self.log or []), *({"timestamp": now, "message": message} for message in messages)]

    def set_environment(self, **variables: str) -> None:
        """Change the function's environment."""
        client = self.admin("lambda")
        old = client.get_function_configuration(FunctionName=FUNCTION)["Environment"]["Variables"]
        client.update_function_configuration(FunctionName=FUNCTION, Environment={"Variables": old | variables})

    def _make_function(self) -> None:
        document = json.dumps(_TRUST)
        role = self.admin("iam").create_role(RoleName="notifier", AssumeRolePolicyDocument=document)
        self._role = role["Role"]["Arn"]
        code = io.BytesIO()
        with zipfile.ZipFile(code, "w") as package:
            package.writestr("index.py", "")
        self.admin("lambda").create_function(
            FunctionName=FUNCTION,
            Runtime="python3.13",
            Role=self._role,
            Handler="index.handler",
            Code={"ZipFile": code.getvalue()},
            Environment={
                "Variables": {
                    "TABLE_NAME": TABLE,
                    "ALERT_TOPIC_ARN": self.world.topic_arn,
                    "ALERT_ON": "DEFAULT",
                    "INVALID_RECORDS_THRESHOLD": "1",
                    "STALLED_AFTER_MINUTES": "60",
                    "UNCHECKED_AFTER_MINUTES": "10",
                    "SETTLE_MINUTES": "60",
                    "DISCOVER_WITHIN_HOURS": "24",
                    "HISTORY_DAYS": "30",
                    "POWERTOOLS_METRICS_NAMESPACE": "GreengrassDeploymentNotifier",
                    "POWERTOOLS_SERVICE_NAME": STACK,
                    "AWS_ENDPOINT_URL_GREENGRASS": self.world.simulator.url,
                }
            },
        )

    def _answer(self, model: OperationModel, params: dict[str, Any]) -> tuple[Any, Any] | None:
        service = model.service_model.service_name
        operation = f"{service}.{model.name}"
        self.operations.append(operation.replace(".", ":"))
        if operation.startswith("logs."):
            self.asked[operation] = json.loads(params["body"])
        self._before.pop(operation, lambda: None)()
        status, answer = self._answers.get(operation, (200, None))
        if answer is None and service == "cloudformation":
            status, answer = self._cloudformation(model.name, params["body"].get("StackName"))
        if answer is None and operation == "logs.FilterLogEvents":
            status, answer = self._logged(**self.asked[operation])
        return None if answer is None else (SimpleNamespace(status_code=status), answer)

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
            return 200, {"Stacks": [self.stack]}
        summaries = [
            {
                "LogicalResourceId": logical,
                "ResourceType": each[0],
                "PhysicalResourceId": each[1],
                "ResourceStatus": each[2],
            }
            for logical, each in self.resources.items()
        ]
        return 200, {"StackResourceSummaries": summaries}
