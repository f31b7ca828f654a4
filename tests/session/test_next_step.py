"""What an error says to do next: it fits the call."""

from __future__ import annotations

import pytest

from threekit_async.session.next_step import next_step, once_more

ID = "5b0f3f8e-1f0a-4d56-8d2e-3a1f6c7d8e02"


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ("GET /api/orders", "page limits (1 to 100 rows)"),
        ("POST /api/layers/groups/jobId", "page limits (1 to 100 rows)"),
        ("POST /api/layers", "the configurations"),
        ("POST /api/orders", "the cart needs at least one line"),
        (f"PUT /api/orders/{ID}", "at most 255 characters"),
        (f"PUT /api/orders/{ID}/cart", "a count of 1 or more"),
        ("POST /api/analytics/events", "the event type"),
        ("POST /api/webhooks", "an address, which is a URL"),
        (f"PUT /api/webhooks/{ID}", "the address must be a URL"),
        ("POST /api/products/import", "an array of entries"),
        ("POST /api/products/translations", "Canonical Name"),
        ("POST /api/asset-jobs/import", "the ids of uploaded files"),
        ("POST /api/asset-jobs/renders", "the format"),
        ("POST /api/configurations", "a product id and a variant"),
        ("DELETE /api/files/x", "the fields' names"),
    ],
)
def test_values_that_are_refused_are_told_for_the_call(asked: str, says: str) -> None:
    told = next_step(asked=asked, status=422, code="any")
    assert told.startswith("Check the values that were sent: ")
    assert says in told
    assert told.endswith(".")


@pytest.mark.parametrize(
    "asked", ["POST /api/orders", "POST /api/analytics/events", "POST /api/products/import"]
)
def test_a_write_is_not_told_about_pages(asked: str) -> None:
    assert "page" not in next_step(asked=asked, status=422, code=None)


@pytest.mark.parametrize(
    ("status", "code", "says"),
    [
        (400, None, "Check the arguments"),
        (400, "orgid_required", "Pass org_id="),
        (422, "orgid_required", "Pass org_id="),
        (401, None, "Check the token"),
        (403, None, "a private token"),
        (404, None, "Check the id"),
        (409, None, "Read the record again"),
        (429, None, "lower Limits"),
        (418, None, "any proxy"),
        (500, None, "Try again"),
        (503, "orgid", "Try again"),
    ],
)
def test_the_code_goes_before_the_status(status: int, code: str | None, says: str) -> None:
    assert says in next_step(asked="GET /api/layers", status=status, code=code)


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ("GET /api/jobs", "Try again."),
        ("PUT /api/orders/1", "Try again."),
        ("POST /api/layers/groups/jobId", "Try again."),
        ("POST /api/files", "look before you send it again"),
        ("POST /api/asset-jobs/1/export/glb", "look before you send it again"),
    ],
)
def test_nobody_is_told_to_do_twice_what_may_have_been_done(asked: str, says: str) -> None:
    assert says in once_more(asked)
