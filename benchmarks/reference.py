"""The plain reference: a watcher as most people would write it. It promises nothing about what fails in between."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks.world import TABLE, TOPIC

if TYPE_CHECKING:
    from collections.abc import Callable


def prepare(create_client: Callable[..., Any]) -> Callable[[], dict[str, Any]]:
    """Make the clients; return what does one sweep."""
    dynamodb, iot, sns = (create_client(name) for name in ("dynamodb", "iot", "sns"))

    def sweep() -> dict[str, Any]:
        stored: list[Any] = []
        page: dict[str, Any] = {}
        while not stored or page.get("LastEvaluatedKey"):
            start = {"ExclusiveStartKey": page["LastEvaluatedKey"]} if page else {}
            page = dynamodb.scan(TableName=TABLE, **start)
            stored += page["Items"]
            if not page["Items"]:
                break
        for item in stored:
            counts = iot.describe_job(jobId=item["Job"]["S"])["job"]["jobProcessDetails"]
            item["Counts"] = {"M": {name: {"N": str(count)} for name, count in counts.items()}}
            if counts["numberOfFailedThings"] and "Alerted" not in item:
                text = f"{counts['numberOfFailedThings']} devices failed in {item['DeploymentId']['S']}"
                sns.publish(TopicArn=TOPIC, Subject="Deployment is failing", Message=text)
                item["Alerted"] = {"BOOL": True}
            dynamodb.put_item(TableName=TABLE, Item=item)
        return {"checked": len(stored)}

    return sweep
