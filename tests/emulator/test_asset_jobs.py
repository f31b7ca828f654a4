from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest
from PIL import Image

from tests.emulator.job_calls import asset, batch, content, ended, render
from threekit_async.emulator.seeds.tenant import NEIGHBOUR_ORG_ID

IMPORT = "/api/asset-jobs/import"
DOWNLOADS = "/api/asset-jobs/downloads"


def uploaded(api: Any, name: str = "photo.jpg", data: bytes = b"pixels") -> str:
    return str(api.upload(data, name=name).json["files"][0]["id"])


def imported(api: Any, file_id: str, **body: Any) -> Any:
    answer = api("POST", IMPORT, body={"fileId": file_id, "sync": True, **body})
    assert answer.status == 200, answer.body
    return answer.json


def assets(api: Any, **query: str) -> list[dict[str, Any]]:
    return list(api.get("/api/assets", orgId=api.server.org_id, **query).json["assets"])


def test_the_service_is_healthy(api: Any) -> None:
    assert api.get("/api/asset-jobs/healthcheck", token=None).status == 200


@pytest.mark.parametrize(
    ("filename", "type_"),
    [
        ("photo.JPG", "texture"),
        ("chair.glb", "model"),
        ("oak.pbrmat", "material"),
        ("logo.svg", "vector"),
        ("serif.otf", "font"),
        ("room.vrscene", "scene"),
        ("warm.cube", "lut"),
        ("loop.mp4", "video"),
        ("frame.vfb", "vfb"),
        ("notes.txt", "upload"),
        ("README", "upload"),
    ],
)
def test_a_file_becomes_an_asset_of_its_kind(api: Any, filename: str, type_: str) -> None:
    file_id = uploaded(api, filename)
    answer = imported(api, file_id)
    (made,) = assets(api)
    assert (made["type"], made["importedFileId"]) == (type_, file_id)
    assert made["name"] == filename.partition(".")[0]
    output = api.get(f"/api/catalog/jobs/{answer['jobId']}").json["output"]
    assert output[type_] == [{"name": made["name"], "assetId": made["id"]}]
    assert sum(map(len, output.values())) == 1


def test_an_import_that_is_not_waited_for_answers_job_and_id(start: Any) -> None:
    api = start(job_seconds=0)
    file_id = uploaded(api)
    answer = api("POST", IMPORT, body={"fileId": file_id, "title": "Spring photos"}).json
    assert set(answer) == {"jobId", "job"}
    assert (answer["job"]["id"], answer["job"]["type"]) == (answer["jobId"], "import")
    assert answer["job"]["parameters"] == {"files": [{"fileId": file_id}]}
    done = ended(api, answer["jobId"])
    assert (done["title"], done["taskResultSuccesses"]) == ("Spring photos", 1)


def test_a_file_of_a_known_name_updates_the_asset(api: Any) -> None:
    first = imported(api, uploaded(api))
    again = uploaded(api, data=b"newer")
    imported(api, again)
    (asset_,) = assets(api)
    assert asset_["importedFileId"] == again
    # What the first job made is still told.
    output = api.get(f"/api/catalog/jobs/{first['jobId']}").json["output"]
    assert output["texture"][0]["assetId"] == asset_["id"]


def test_in_another_folder_or_when_asked_for_a_new_asset_is_made(api: Any) -> None:
    folder = asset(api, name="Photos", type="folder")
    imported(api, uploaded(api))
    imported(api, uploaded(api), parentFolderId=folder)
    imported(api, uploaded(api), parentFolderId=folder)
    assert len(assets(api, type="texture")) == 2
    imported(api, uploaded(api), settings={"dontOverwriteAssets": True})
    found = assets(api, type="texture")
    assert [each["parentFolderId"] == folder for each in found] == [False, True, False]


def test_an_import_may_name_its_target_and_its_type(api: Any) -> None:
    target = asset(api, name="Old")
    file_id = uploaded(api, "new.png")
    imported(api, file_id, targetAssetId=target)
    (kept,) = assets(api)
    assert (kept["id"], kept["name"], kept["importedFileId"]) == (target, "Old", file_id)
    answer = imported(api, uploaded(api, "parts.zip"), settings={"importAs": "scene"})
    assert api.get(f"/api/catalog/jobs/{answer['jobId']}").json["output"]["scene"]


def test_an_unknown_target_fails_the_task_with_a_sentence(api: Any) -> None:
    answer = imported(api, uploaded(api), targetAssetId="nowhere")
    run = answer["job"]["runs"][0]
    assert (run["resultCode"], answer["job"]["taskResultFailures"]) == ("Failed", 1)
    assert "'nowhere'" in run["resultMessage"]


def test_an_unknown_file_fails_the_task_with_a_sentence(api: Any) -> None:
    answer = imported(api, "nowhere")
    assert "There is no file 'nowhere'" in answer["job"]["runs"][0]["resultMessage"]
    assert assets(api) == []


def test_a_file_of_another_organisation_cannot_be_imported(api: Any) -> None:
    (theirs,) = api.server.seed(files=[{"content": b"x", "orgId": NEIGHBOUR_ORG_ID}])["files"]
    run = imported(api, theirs["id"])["job"]["runs"][0]
    assert (run["resultCode"], assets(api)) == ("Failed", [])
    assert "There is no file" in run["resultMessage"]


@pytest.mark.parametrize("body", [{}, {"fileId": ""}, {"fileId": None}, {"fileId": 3}, [], "x"])
def test_an_import_without_a_file_is_refused(api: Any, body: Any) -> None:
    answer = api("POST", IMPORT, body=body)
    assert (answer.status, answer.code) == (422, "asset_job_error")


def test_clara_scenes_fail_with_a_sentence(api: Any) -> None:
    body = {"claraURL": "https://clara.io/view/x", "sync": True}
    job = api("POST", "/api/asset-jobs/clara", body=body).json["job"]
    assert "upload the scene's file" in job["runs"][0]["resultMessage"]
    assert api("POST", "/api/asset-jobs/clara", body={}).status == 422


@pytest.mark.parametrize("path", ["import", "clara", "downloads"])
def test_only_private_tokens_start_imports_and_downloads(api: Any, path: str) -> None:
    body = {"fileId": "x", "claraURL": "x", "jobId": "x"}
    assert api("POST", f"/api/asset-jobs/{path}", token="public", body=body).status == 403
    foreign = api("POST", f"/api/asset-jobs/{path}", body={**body, "orgId": "another"})
    assert foreign.status == 403


def test_an_export_that_is_waited_for_names_its_file(api: Any) -> None:
    path = f"/api/asset-jobs/{asset(api)}/export/glb"
    answer = api("POST", path, body={"sync": True, "settings": {"arExport": True}}).json
    job = answer["job"]
    assert answer["jobId"] == job["id"] == job["_id"]
    (file,) = job["runs"][0]["results"]["files"]
    assert answer["fileId"] == file["id"]
    assert (file["filename"], file["mimeType"]) == ("Oak chair.glb", "model/gltf-binary")
    assert content(api, file["id"])[:4] == b"glTF"
    # A later client registers the file as a layer; an export alone does not.
    assert api.layers() == []


@pytest.mark.parametrize("format_", ["glb", "usdz", "stl", "dxf", "step", "STP"])
def test_every_format_is_exported_with_a_public_token_and_without_a_body(
    start: Any, format_: str
) -> None:
    api = start(job_seconds=0)
    path = f"/api/asset-jobs/{asset(api)}/export/{format_}"
    answer = api("POST", path, token="public")
    assert answer.status == 200
    done = ended(api, answer.json["jobId"])
    assert done["taskResultSuccesses"] == 1
    (file,) = api.get("/api/jobs/runs", jobId=done["id"]).json["runs"][0]["results"]["files"]
    assert file["extension"] == {"STP": "step"}.get(format_, format_)


def test_an_unknown_format_fails_the_task_and_the_answer_is_still_200(api: Any) -> None:
    answer = api("POST", f"/api/asset-jobs/{asset(api)}/export/fbx", body={"sync": True})
    assert answer.status == 200
    run = answer.json["job"]["runs"][0]
    assert (run["resultCode"], run["results"]) == ("Failed", {})
    assert run["resultMessage"].startswith("The format 'fbx' cannot be exported: choose one of glb")
    assert "fileId" not in answer.json


def test_an_export_of_the_same_is_answered_from_the_cache(api: Any) -> None:
    path = f"/api/asset-jobs/{asset(api)}/export/glb"

    def exported(**body: Any) -> Any:
        return api("POST", path, body={"sync": True, **body}).json["fileId"]

    first = exported(configuration={"A": "red"})
    assert exported(configuration={"A": "red"}, cache="true") == first
    assert exported(configuration={"A": "red"}, cache="false") != first
    assert exported(configuration={"A": "blue"}, cache="true") != first


@pytest.mark.parametrize("body", [{"configuration": []}, {"cache": 1}, {"settings": "ar"}, []])
def test_a_malformed_export_is_refused(api: Any, body: Any) -> None:
    answer = api("POST", "/api/asset-jobs/a/export/glb", body=body)
    assert (answer.status, answer.code) == (422, "asset_job_error")


def unpacked(api: Any, answer: Any) -> dict[str, bytes]:
    assert answer.status == 200, answer.body
    (file,) = answer.json["files"]
    assert file["mimeType"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(content(api, file["id"]))) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_the_results_of_a_job_are_downloaded_as_one_zip(start: Any) -> None:
    api = start(job_seconds=0, job_logs=True, job_workers=1)
    job_id = batch(api, asset(api), "1", "2")["jobId"]
    ended(api, job_id)
    answer = api("POST", DOWNLOADS, body={"jobId": job_id, "sync": True})
    files = unpacked(api, answer)
    assert list(files) == ["0001-Oak chair.png", "0002-Oak chair.png"]
    layers = [api.get(f"/api/files/{layer['fileId']}/content").body for layer in api.layers()]
    assert list(files.values()) == layers
    again = api("POST", DOWNLOADS, body={"jobId": job_id})
    assert again.json["files"] == answer.json["files"]


def test_renders_are_downloaded_as_jpeg_when_asked_for(api: Any) -> None:
    job_id = render(api, asset(api))["jobId"]
    body = {"jobId": job_id, "sync": True, "format": "jpeg"}
    files = unpacked(api, api("POST", DOWNLOADS, body=body))
    assert list(files) == ["0001-Oak chair.jpg"]
    assert Image.open(io.BytesIO(files["0001-Oak chair.jpg"])).format == "JPEG"


def test_the_images_of_textures_are_downloaded(api: Any) -> None:
    job_id = imported(api, uploaded(api, data=b"grain"))["jobId"]
    (texture,) = assets(api)
    body = {"jobId": job_id, "type": "texture", "assetIds": [texture["id"], "x"], "sync": True}
    files = unpacked(api, api("POST", DOWNLOADS, body=body))
    assert files == {"0001-photo.jpg": b"grain"}


@pytest.mark.parametrize("name", ["../../etc/grain.jpg", "C:\\up\\grain.jpg", "/grain.jpg"])
def test_a_download_holds_no_paths_of_uploaded_names(api: Any, name: str) -> None:
    planted = api.server.seed(files=[{"filename": name, "content": b"grain"}])["files"][0]
    texture = asset(api, type="texture", importedFileId=planted["id"])
    body = {"type": "texture", "assetIds": [texture], "sync": True}
    files = unpacked(api, api("POST", DOWNLOADS, body=body))
    assert files == {"0001-grain.jpg": b"grain"}


def test_a_job_without_files_has_nothing_to_download(api: Any) -> None:
    job_id = imported(api, uploaded(api))["jobId"]
    job = api("POST", DOWNLOADS, body={"jobId": job_id, "sync": True}).json["job"]
    assert "nothing to download" in job["runs"][0]["resultMessage"]
    assert api("POST", DOWNLOADS, body={"jobId": "nowhere"}).code == "job_not_found"
    assert api("POST", DOWNLOADS, body={"jobId": job_id, "type": "all"}).status == 422
