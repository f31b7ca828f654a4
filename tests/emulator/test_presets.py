"""Sets of fault rules, by name."""

from __future__ import annotations

import http.client
from collections import Counter
from typing import Any

import pytest

from threekit_async.emulator.faults.effects import SPOILERS
from threekit_async.emulator.faults.presets import PRESETS
from threekit_async.emulator.faults.rule import EFFECTS, FaultRule, read_rule

LAYERS = "/api/layers"


def test_every_effect_has_a_function() -> None:
    assert set(SPOILERS) == set(EFFECTS)


def test_every_effect_is_explained_where_rules_are() -> None:
    assert FaultRule.__doc__ is not None
    assert [effect for effect in EFFECTS if f"``{effect}``" not in FaultRule.__doc__] == []


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_puts_its_rules_in_force(api: Any, name: str) -> None:
    rules = api.server.faults.preset(name)
    assert rules == api.server.faults.rules()
    assert [rule.effect for rule in rules] == [rule["effect"] for rule in PRESETS[name].rules]
    assert len(rules) == len([read_rule(rule) for rule in PRESETS[name].rules]) > 0


def outcome(api: Any) -> str:
    try:
        return str(api.get(LAYERS).status)
    except http.client.RemoteDisconnected:
        return "closed before"
    except http.client.IncompleteRead:
        return "closed within"


def test_a_flaky_server_mostly_works(api: Any) -> None:
    api.server.fill(layers=1)
    api.server.faults.preset("flaky")
    seen = Counter(outcome(api) for _ in range(500))
    assert seen["200"] > 430
    assert seen.keys() == {"200", "503", "429", "closed before", "closed within"}
    assert seen["503"] > seen["429"] > 0


def test_a_server_that_is_down_answers_503_for_ever(api: Any) -> None:
    api.server.faults.preset("down")
    assert {api.get(LAYERS).status for _ in range(5)} == {503}


def test_a_broken_server_answers_in_four_wrong_ways(api: Any) -> None:
    api.server.faults.preset("broken")
    seen = Counter((answer.status, answer.body) for answer in (api.get(LAYERS) for _ in range(200)))
    assert len(seen) == 5
    assert seen[200, b'{"layers":[]}'] > 100


def test_an_unknown_preset_is_refused_with_the_names_of_all(api: Any) -> None:
    with pytest.raises(ValueError, match="no preset 'gone': choose among flaky, down"):
        api.server.faults.preset("gone")
    answer = api("POST", "/__emulator__/faults", body={"preset": "gone"})
    assert (answer.status, answer.code) == (422, "control_error")
    assert "choose among flaky" in answer.json["error"]["message"]
    assert api.server.faults.rules() == []


def test_a_preset_is_chosen_over_http(api: Any) -> None:
    added = api("POST", "/__emulator__/faults", body={"preset": "down"}).json
    assert [rule["effect"] for rule in added["faults"]] == ["status"]
    assert api.get("/__emulator__/faults").json == added
    assert api.get(LAYERS).status == 503
    both = api("POST", "/__emulator__/faults", body={"preset": "down", "times": 1})
    assert "no field 'preset'" in both.json["error"]["message"]
