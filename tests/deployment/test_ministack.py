from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

import pytest

from local import stack
from local.ministack import MiniStack, MiniStackError

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


def program(folder: Path, script: str) -> Path:
    """An executable that ignores its arguments and runs the script."""
    (folder / "script.py").write_text(script, encoding="utf-8")
    file = folder / "python"
    file.write_text(f"#!/bin/sh\nexec {sys.executable} {folder / 'script.py'}\n", encoding="utf-8")
    file.chmod(0o755)
    return file


def is_running(pid: int) -> bool:
    try:
        return "(zombie)" not in Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except OSError:
        return False


def test_it_leaves_nothing_behind(tmp_path: Path) -> None:
    report = tmp_path / "report.json"

    with MiniStack({"REPORT": str(report)}, program(tmp_path, STAND_IN)) as ministack:
        environment = json.loads(report.read_text(encoding="utf-8"))
        assert environment["GATEWAY_PORT"] == ministack.endpoint.rsplit(":", 1)[1]
        assert is_running(environment["child"])

    deadline = time.monotonic() + 5
    while is_running(environment["child"]) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not is_running(environment["child"])
    assert not Path(environment["TMPDIR"]).exists()


def test_it_listens_on_loopback_and_hands_functions_nothing_of_the_users_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = tmp_path / "report.json"
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example.com")

    with MiniStack({"REPORT": str(report)}, program(tmp_path, STAND_IN)):
        environment = json.loads(report.read_text(encoding="utf-8"))

    assert environment["BIND_HOST"] == "127.0.0.1"
    assert environment["HOME"] == environment["TMPDIR"] != os.environ.get("HOME")
    assert not [name for name in environment if name.startswith("AWS_") or "PROXY" in name.upper()]


def test_a_failed_start_shows_the_end_of_its_log(tmp_path: Path) -> None:
    broken = program(tmp_path, "print('first'); raise SystemExit('no such port')")

    with pytest.raises(MiniStackError, match="no such port"):
        MiniStack(python=broken).__enter__()


def test_a_missing_environment_says_how_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(MiniStackError, match=r"python3 -m local\.environments ministack"):
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
