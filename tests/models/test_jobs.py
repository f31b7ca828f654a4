"""Jobs, tasks and runs: the forms their fields come in."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from threekit_async.models.asset_jobs import AssetJob
from threekit_async.models.base import converter
from threekit_async.models.files import File
from threekit_async.models.jobs import Job, Run, RunResults, Task


def read(kind: type[Any], **fields: Any) -> Any:
    return converter().structure(fields, kind)


@pytest.mark.parametrize(
    ("wire", "parameters"),
    [
        ({"configuration": {}}, {"configuration": {}}),
        ('{"configuration": {"a": 1}}', {"configuration": {"a": 1}}),
        ("--quality high", "--quality high"),
        ("[1, 2]", "[1, 2]"),
        ("7", "7"),
        ("[" * 100_000, "[" * 100_000),
        ("", ""),
        ([{"fileId": "f"}], [{"fileId": "f"}]),
        (None, None),
    ],
)
@pytest.mark.parametrize("kind", [Task, Job])
def test_parameters_are_an_object_or_the_text_of_one_or_text(
    kind: type[Any], wire: Any, parameters: Any
) -> None:
    assert read(kind, id="t", parameters=wire).parameters == parameters


@pytest.mark.parametrize("kind", [Task, Job])
def test_parameters_of_another_kind_name_their_place(kind: type[Any]) -> None:
    with pytest.raises(ValueError, match="parameters"):
        read(kind, id="t", parameters=1)


@pytest.mark.parametrize("time", ["12s", 12, 1.5, None])
def test_times_of_a_job_are_kept_as_they_come(time: Any) -> None:
    job = read(Job, id="j", timeElapsed=time, timeRemaining=time)
    assert (job.time_elapsed, job.time_remaining) == (time, time)


@pytest.mark.parametrize("kind", [Job, Task, Run])
def test_an_id_is_read_under_both_its_names(kind: type[Any]) -> None:
    assert read(kind, _id="j").id == read(kind, id="j").id == "j"
    assert converter().unstructure(read(kind, _id="j"))["id"] == "j"


@pytest.mark.parametrize(
    ("fields", "stopped", "succeeded"),
    [
        ({}, False, False),
        ({"status": "running", "taskResultFailures": 0}, False, False),
        ({"status": "stopped"}, True, True),
        ({"status": "stopped", "taskResultFailures": 0}, True, True),
        ({"status": "stopped", "taskResultFailures": 1}, True, False),
    ],
)
def test_a_job_has_ended_when_stopped_and_well_without_failures(
    fields: dict[str, Any], stopped: bool, succeeded: bool
) -> None:
    job = read(Job, id="j", **fields)
    assert (job.stopped, job.succeeded) == (stopped, succeeded)


def test_the_files_of_a_run_are_those_that_are_no_logs() -> None:
    names = ["stdout", "stderr.txt", "stdout-chair.glb", None]
    files = [File(id=str(number), filename=name) for number, name in enumerate(names)]
    assert [file.id for file in Run(results=RunResults(files=files)).files] == ["2", "3"]
    assert list(Run().files) == []


@pytest.mark.parametrize(
    ("code", "failed"), [(None, False), ("Success", False), ("Failed", True), ("Lost", True)]
)
def test_a_run_has_failed_when_its_code_says_anything_but_success(
    code: str | None, failed: bool
) -> None:
    assert Run(result_code=code).failed is failed


def test_the_odd_names_of_machines_survive_a_round_trip() -> None:
    wire = {
        "id": "r",
        "instanceID": "i",
        "podId": "p",
        "GPUTime": 1.5,
        "CPUTime": 2.0,
        "requestCPUs": 1.0,
        "limitCPUs": 2.0,
        "nodeCPUs": 3.0,
        "requestRAM": 4.0,
        "limitRAM": 5.0,
        "nodeRAM": 6.0,
        "RAMUsage": 7.0,
        "fresh": True,
    }
    run = read(Run, **wire)
    assert (run.instance_id, run.gpu_time, run.node_ram, run.ram_usage) == ("i", 1.5, 6.0, 7.0)
    assert run.extra == {"fresh": True}
    assert converter().unstructure(run) == wire


def test_jobs_go_into_sets_and_pickle() -> None:
    job = read(Job, id="j", duration={"seconds": 1}, tasks=[{"id": "t", "cmd": ["a"]}])
    assert {job} == {pickle.loads(pickle.dumps(job))}  # noqa: S301


def test_a_started_job_without_details_has_no_runs_and_no_files() -> None:
    assert (list(AssetJob(job_id="j").runs), list(AssetJob(job_id="j").files)) == ([], [])
