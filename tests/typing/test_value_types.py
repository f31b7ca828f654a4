"""What type checkers see of records and functions; checked by mypy and pyright, never run."""

from __future__ import annotations

from typing import assert_type, get_args

from threekit_async import (
    AssetReference,
    Configuration,
    ConfigurationValue,
    Job,
    JobFailedError,
    Layer,
    OrderStatus,
    ProductEntry,
    WebhookEvent,
    evolve,
    parse_webhook,
    read_configuration,
)


def of_values(error: JobFailedError, entry: ProductEntry, layer: Layer) -> None:
    assert_type(error.job, Job)
    assert_type(parse_webhook("{}"), WebhookEvent)
    assert_type(evolve(entry, product=None), ProductEntry)
    assert_type(AssetReference(asset_id="a").asset_id, str)
    configuration = read_configuration(layer.asset_layer_configuration)
    assert_type(configuration, Configuration)
    assert_type(configuration["Colour"], ConfigurationValue)


def test_a_status_of_an_order_is_one_of_five() -> None:
    assert get_args(OrderStatus) == ("List", "In Cart", "New", "In Progress", "Complete")
