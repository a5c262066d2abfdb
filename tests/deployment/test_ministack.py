from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from local import stack
from local.ministack import MiniStack, MiniStackError
from local.project import PROJECT

PYTHON = Path(sys.executable)

# In MiniStack's place: it answers every request, and has a child that would outlive it, as a function in mid-call.
STAND_IN = """
import http.server, json, os, signal, subprocess, sys
signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
with open(os.environ["REPORT"], "w") as report:
    json.dump({"child": child.pid, **os.environ}, report)
http.server.HTTPServer((os.environ["BIND_HOST"], int(os.environ["GATEWAY_PORT"])), Handler).serve_forever()
"""

# A program that runs it, to be killed.
PARENT = """
import json, sys, time
from pathlib import Path
from local.ministack import MiniStack
from local.signals import interrupt_on_termination
interrupt_on_termination()
with MiniStack(json.loads(sys.argv[1]), Path(sys.executable)):
    print("running", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def stand_in(tmp_path: Path) -> dict[str, str]:
    """The settings with which `MiniStack` starts the stand-in; it reports what it was started with."""
    return settings(tmp_path, STAND_IN)


def settings(folder: Path, script: str) -> dict[str, str]:
    (folder / "ministack").mkdir()
    (folder / "ministack" / "__main__.py").write_text(script, encoding="utf-8")
    return {"PYTHONPATH": str(folder), "REPORT": str(folder / "report.json")}


def read_report(stand_in: dict[str, str]) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(Path(stand_in["REPORT"]).read_text(encoding="utf-8"))
    return report


def is_running(pid: int) -> bool:
    try:
        return "(zombie)" not in Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except OSError:
        return False


def assert_nothing_is_left(report: dict[str, Any]) -> None:
    deadline = time.monotonic() + 30
    while (is_running(report["child"]) or Path(report["TMPDIR"]).exists()) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not is_running(report["child"])
    assert not Path(report["TMPDIR"]).exists()


def test_its_processes_and_its_folder_go_when_it_stops(stand_in: dict[str, str]) -> None:
    with MiniStack(stand_in, PYTHON) as ministack:
        report = read_report(stand_in)
        assert report["GATEWAY_PORT"] == ministack.endpoint.rsplit(":", 1)[1]
        assert is_running(report["child"])

    assert_nothing_is_left(report)


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM, signal.SIGKILL])
def test_its_processes_and_its_folder_go_however_the_program_that_started_it_ends(
    stand_in: dict[str, str], number: signal.Signals
) -> None:
    command = [sys.executable, "-c", PARENT, json.dumps(stand_in)]
    environment = os.environ | {"PYTHONPATH": str(PROJECT)}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as parent:  # noqa: S603 - our own script
        assert parent.stdout
        assert parent.stdout.readline() == b"running\n"
        parent.send_signal(number)

    assert_nothing_is_left(read_report(stand_in))


def test_a_port_that_is_taken_is_named_and_its_answers_are_not_taken_for_ministacks(stand_in: dict[str, str]) -> None:
    with MiniStack(stand_in, PYTHON) as orphan:
        port = int(orphan.endpoint.rsplit(":", 1)[1])

        with pytest.raises(
            MiniStackError, match=rf"Port {port} on 127\.0\.0\.1, for the AWS emulator, .* lsof -nP -i :{port}"
        ):
            MiniStack(stand_in, PYTHON, port=port).__enter__()


def test_it_listens_on_loopback_and_hands_functions_nothing_of_the_users_environment(
    stand_in: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example.com")

    with MiniStack(stand_in, PYTHON):
        environment = read_report(stand_in)

    assert environment["BIND_HOST"] == "127.0.0.1"
    assert environment["HOME"] == environment["TMPDIR"] != os.environ.get("HOME")
    assert not [name for name in environment if name.startswith("AWS_") or "PROXY" in name.upper()]


def test_a_failed_start_shows_the_end_of_its_log(tmp_path: Path) -> None:
    with pytest.raises(MiniStackError, match="no such port"):
        MiniStack(settings(tmp_path, "print('first'); raise SystemExit('no such port')"), PYTHON).__enter__()


def test_a_missing_environment_says_how_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(MiniStackError, match="make environments"):
        MiniStack(python=tmp_path / "python").__enter__()


def test_sam_can_reach_no_real_account(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL_S3", "AWS_CA_BUNDLE", "SAM_CLI_TELEMETRY"):
        monkeypatch.setenv(name, "the user's")

    environment = stack.sam_environment("http://127.0.0.1:4566")

    assert "the user's" not in environment.values()
    assert environment["AWS_ENDPOINT_URL"] == "http://127.0.0.1:4566"
    assert environment["AWS_ACCESS_KEY_ID"] == environment["AWS_SECRET_ACCESS_KEY"] == "test"
    assert environment["SAM_CLI_TELEMETRY"] == "0"
    assert stack.sam_environment()["AWS_ENDPOINT_URL"].startswith("http://127.0.0.1:")


def test_clients_of_the_emulator_ignore_the_users_profile_and_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.example.com")

    client = stack.session().client("sqs", endpoint_url="http://127.0.0.1:4566")

    assert client.meta.config.proxies == {}  # type: ignore[attr-defined] # the stubs lack it
