from __future__ import annotations

import json
import socket
from http.server import BaseHTTPRequestHandler, HTTPServer
from queue import Queue
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest

from tests.emulator.job_calls import asset, batch, ended, render
from threekit_async.emulator.engine.webhooks import passes
from threekit_async.emulator.loopback import is_loopback_url

if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENCE = 20.0
LINE = {"configurationId": "a0b1c2d3-e4f5-4061-9273-849506a7b812", "count": 1}
FAST = {"webhook_waits": (0.01, 0.01), "job_seconds": 0}


class Receiver:
    """Take webhooks; answer each with the next of the given statuses, the last one for ever."""

    def __init__(self) -> None:
        self.statuses = [200]
        self.received: Queue[dict[str, Any]] = Queue()
        self.server = HTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        self.thread = Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                statuses = receiver.statuses
                status = statuses.pop(0) if len(statuses) > 1 else statuses[0]
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", receiver.url)
                self.end_headers()
                headers = {name.lower(): value for name, value in self.headers.items()}
                receiver.received.put(json.loads(body) | {"headers": headers, "path": self.path})

            def log_message(self, *parts: Any) -> None:
                pass

        return Handler

    def next(self) -> dict[str, Any]:
        return self.received.get(timeout=PATIENCE)

    def close(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    listening = Receiver()
    yield listening
    listening.close()


def subscribe(api: Any, address: str, **body: Any) -> str:
    given = {"topic": "my-topic", "address": address, "filter": {"status": []}, **body}
    answer = api("POST", "/api/webhooks", body=given)
    assert answer.status == 200, answer.body
    return str(answer.json["webhook"]["id"])


def deliveries(api: Any) -> list[dict[str, Any]]:
    return list(api.get("/__emulator__/deliveries", token=None).json["deliveries"])


def settled(api: Any) -> list[dict[str, Any]]:
    """Return the deliveries once none is under way."""
    while True:
        found = deliveries(api)
        if all(each["outcome"] != "pending" for each in found):
            return found


def test_the_end_of_a_job_is_delivered_with_tasks_runs_and_files(
    start: Any, receiver: Receiver
) -> None:
    api = start(**FAST)
    hook = subscribe(api, receiver.url)
    owner = asset(api)
    answer = render(api, owner, configuration={"Colour": "red"})
    event = receiver.next()
    assert (event["topic"], event["path"]) == ("my-topic", "/hook")
    assert event["headers"]["content-type"] == "application/json"
    assert event["data"]["id"] == answer["jobId"]
    (task,) = event["data"]["tasks"]
    assert task["parameters"]["configuration"] == {"Colour": "red"}
    assert task["runs"][0]["results"]["files"][0]["id"] == answer["fileId"]
    (delivery,) = settled(api)
    assert delivery == {
        "webhookId": hook,
        "address": receiver.url,
        "topic": "my-topic",
        "event": "render success",
        "recordId": answer["jobId"],
        "outcome": "delivered",
        "statuses": [200],
        "message": None,
    }


def test_the_filter_chooses_by_result_and_by_type(start: Any, receiver: Receiver) -> None:
    api = start(**FAST)
    subscribe(api, receiver.url, filter={"status": ["failed"], "type": ["render"]})
    owner = asset(api)
    render(api, owner)
    api("POST", f"/api/asset-jobs/{owner}/export/fbx", body={"sync": True})
    failed = render(api, "nowhere")
    assert receiver.next()["data"]["id"] == failed["jobId"]
    assert [each["event"] for each in settled(api)] == ["render failed"]


def test_an_order_is_told_when_it_is_made_and_when_its_status_changes(
    start: Any, receiver: Receiver
) -> None:
    api = start(**FAST)
    subscribe(api, receiver.url, filter={"status": ["New", "Complete"]})
    answer = api("POST", "/api/orders", body={"status": "New", "cart": [LINE]})
    assert answer.status == 200, answer.body
    path = f"/api/orders/{answer.json['id']}"
    assert receiver.next()["data"]["status"] == "New"
    for status in ("In Progress", "Complete"):
        assert api("PUT", path, body={"status": status}).status == 200
    told = receiver.next()["data"]
    assert (told["id"], told["status"]) == (answer.json["id"], "Complete")
    assert [each["event"] for each in settled(api)] == ["order New", "order Complete"]


def test_a_delivery_is_repeated_until_it_arrives(start: Any, receiver: Receiver) -> None:
    api = start(**FAST)
    receiver.statuses = [500, 302, 204]
    subscribe(api, receiver.url)
    render(api, asset(api))
    (delivery,) = settled(api)
    assert (delivery["outcome"], delivery["statuses"]) == ("delivered", [500, 302, 204])
    bodies = [receiver.next() for _ in range(3)]
    assert bodies[0]["data"] == bodies[1]["data"] == bodies[2]["data"]


def test_a_delivery_that_never_arrives_is_given_up(start: Any, receiver: Receiver) -> None:
    api = start(**FAST)
    receiver.statuses = [503]
    subscribe(api, receiver.url)
    render(api, asset(api))
    (delivery,) = settled(api)
    assert (delivery["outcome"], delivery["statuses"]) == ("failed", [503, 503, 503])
    assert delivery["message"] == "It answered 503."


def test_who_does_not_answer_holds_nothing_up(start: Any) -> None:
    api = start(**FAST)
    with socket.socket() as taken:  # bound, and nobody listens
        taken.bind(("127.0.0.1", 0))
        subscribe(api, f"http://127.0.0.1:{taken.getsockname()[1]}/")
        subscribe(api, "http://127.0.0.1:99999/")
        assert render(api, asset(api))["job"]["taskResultSuccesses"] == 1
        for delivery in settled(api):
            assert (delivery["outcome"], delivery["statuses"]) == ("failed", [0, 0, 0])
            assert delivery["message"].startswith("No answer (")


def test_only_this_machine_is_called_unless_the_settings_say_otherwise(start: Any) -> None:
    api = start(**FAST)
    subscribe(api, "http://hooks.example.com/threekit")
    render(api, asset(api))
    (delivery,) = settled(api)
    assert (delivery["outcome"], delivery["statuses"]) == ("not called", [])
    assert "webhooks_anywhere" in delivery["message"]


def test_deleted_webhooks_are_not_called_and_restored_ones_are(
    start: Any, receiver: Receiver
) -> None:
    api = start(**FAST)
    hook = subscribe(api, receiver.url)
    api("DELETE", f"/api/webhooks/{hook}")
    owner = asset(api)
    render(api, owner)
    assert deliveries(api) == []
    api("POST", f"/api/webhooks/{hook}/restore")
    answer = render(api, owner)
    assert receiver.next()["data"]["id"] == answer["jobId"]


def test_an_empty_batch_has_ended_and_is_told(start: Any, receiver: Receiver) -> None:
    api = start(**FAST)
    owner = asset(api)
    ended(api, batch(api, owner, "1")["jobId"])
    subscribe(api, receiver.url)
    empty = batch(api, owner, "1", renderMissingLayers=True)["jobId"]
    event = receiver.next()
    assert (event["data"]["id"], event["data"]["tasks"]) == (empty, [])


def test_a_reset_forgets_deliveries(start: Any, receiver: Receiver) -> None:
    api = start(webhook_waits=(60.0,), job_seconds=0)
    receiver.statuses = [500]
    subscribe(api, receiver.url)
    render(api, asset(api))
    receiver.next()
    api("POST", "/__emulator__/reset", token=None)
    assert deliveries(api) == []


@pytest.mark.parametrize(
    ("wanted", "passed"),
    [
        (None, True),
        ({}, True),
        ({"status": None, "type": None}, True),
        ({"status": [], "type": []}, True),
        ({"status": ["success", "failed"]}, True),
        ({"status": ["failed"]}, False),
        ({"type": ["render"]}, True),
        ({"status": ["success"], "type": ["import"]}, False),
    ],
)
def test_what_a_filter_leaves_out_allows_everything(wanted: Any, passed: bool) -> None:
    assert passes(wanted, status="success", type="render") is passed


@pytest.mark.parametrize(
    ("url", "own"),
    [
        ("http://127.0.0.1:80/a", True),
        ("http://127.9.9.9", True),
        ("https://localhost/a", True),
        ("http://[::1]:8080", True),
        ("http://10.0.0.1", False),
        ("http://localhost.example.com", False),
        ("http://127.0.0.1@example.com/", False),
        ("ftp://127.0.0.1", False),
        ("http://[::1", False),
        ("", False),
    ],
)
def test_only_loopback_addresses_are_this_machine(url: str, own: bool) -> None:
    assert is_loopback_url(url) is own
