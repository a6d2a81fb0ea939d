from __future__ import annotations

import json
import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

import paretobert
from paretobert import load_study
from paretobert.browse import site
from paretobert.report import report_document

TOYS: dict[str, Any] = {"controller": "toy_plugins:Climber", "evaluator": "toy_plugins:Formula", "trials": 3}
HOSTILE = "<img src=x onerror=alert(1)>'\"&"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of two studies."""
    folder = tmp_path_factory.mktemp("made")
    for seed, name in enumerate(("one", "two")):
        paretobert.search(**TOYS, name=name, seed=seed, folder=folder)
    return folder


@pytest.fixture
def root(made: Path, tmp_path: Path) -> Path:
    """A copy of it to change, with a secret beside it."""
    (tmp_path / "secret.json").write_text("secret")
    return shutil.copytree(made, tmp_path / "studies", ignore=shutil.ignore_patterns("report.html"))


@pytest.fixture
def client(root: Path) -> Iterator[TestClient]:
    with TestClient(site(root), raise_server_exceptions=False) as client:
        yield client


def test_the_list_leads_to_every_study_and_says_what_it_found(root: Path, client: TestClient) -> None:
    page = client.get("/").text
    for name in ("one", "two"):
        trial = load_study(name, root).best()
        assert trial is not None
        assert f'<a href="/studies/{name}/">{name}</a>' in page
        assert f"{trial.metrics['score']:.4f}" in page
        assert client.get(f"/studies/{name}/").status_code == 200


def test_a_studys_page_asks_for_the_document_that_the_file_report_holds(root: Path, client: TestClient) -> None:
    page = client.get("/studies/one/")
    assert 'data-url="document.json"' in page.text
    assert page.headers["content-type"].startswith("text/html")
    assert client.get("/studies/one/document.json").json() == json.loads(
        json.dumps(report_document(load_study("one", root)))
    )


def test_a_document_is_sent_again_only_after_the_study_went_on(root: Path, client: TestClient) -> None:
    first = client.get("/studies/one/document.json")
    known = {"If-None-Match": first.headers["etag"]}
    again = client.get("/studies/one/document.json", headers=known)
    assert (again.status_code, again.content) == (304, b"")
    paretobert.resume("one", trials=5, folder=root)
    after = client.get("/studies/one/document.json", headers=known)
    assert after.status_code == 200
    assert (first.json()["evaluated"], after.json()["evaluated"]) == (3, 5)


def test_a_study_is_read_while_a_worker_writes_to_it(root: Path, client: TestClient) -> None:
    assert client.get("/studies/one/document.json").json()["ended"] is None
    with closing(sqlite3.connect(root / "one" / "study.db")) as database, database:
        database.execute("BEGIN IMMEDIATE")
        database.execute("UPDATE studies SET ended = 'stopped meanwhile'")
        assert client.get("/studies/one/document.json").json()["ended"] is None
        database.commit()
        assert (root / "one" / "study.db-wal").stat().st_size > 0
        assert client.get("/studies/one/document.json").json()["ended"] == "stopped meanwhile"


@pytest.mark.parametrize(
    "path",
    [
        "/studies/../secret.json",
        "/studies/..%2fsecret.json",
        "/studies/..%2f..%2fstudies%2fone/",
        "/studies/one%2f..%2fone/",
        "/studies/%2e%2e/",
        "/studies/./document.json",
        "/studies/.hidden/",
        "/studies/nobody/",
        "/assets/..%2fsite.py",
        "/assets/site.py",
        "/study.db",
        "/studies/one/study.db",
        "/compare?study=one&study=../studies/one",
    ],
)
def test_nothing_but_the_studies_of_the_folder_can_be_asked_for(path: str, client: TestClient, root: Path) -> None:
    shutil.copytree(root / "one", root / ".hidden")
    answer = client.get(path)
    assert answer.status_code == 404
    assert "secret" not in answer.text.replace("secret.json", "")


def test_a_link_that_leads_out_of_the_folder_is_not_followed(client: TestClient, root: Path) -> None:
    (root / "one").rename(root.parent / "elsewhere")
    (root / "linked").symlink_to(root.parent / "elsewhere")
    assert "linked" not in client.get("/").text
    assert client.get("/studies/linked/document.json").status_code == 404


def test_a_hostile_name_or_reason_is_only_text(client: TestClient, root: Path) -> None:
    (root / "one").rename(root / HOSTILE)
    with closing(sqlite3.connect(root / HOSTILE / "study.db")) as database, database:
        database.execute(
            "UPDATE studies SET ended = ?, configuration = json_set(configuration, '$.device', ?)", [HOSTILE] * 2
        )
        database.execute("UPDATE trials SET reason = ?", [HOSTILE])
    (address,) = (unescape(found) for found in re.findall(r'<a href="(/studies/[^"]*)">&lt;img', client.get("/").text))
    for path in ("/", address, "/compare", "/nowhere"):
        answer = client.get(path, params={"study": [HOSTILE, "two"]} if path == "/compare" else {})
        assert "<img" not in answer.text
        assert "unsafe-inline" not in answer.headers["content-security-policy"].partition("script-src")[2].split(";")[0]
    assert client.get(f"{address}document.json").json()["ended"] == HOSTILE
    assert "<img" not in client.get("/studies/<img src=x>/document.json").text.replace("study <img src=x> in", "")


def test_a_damaged_study_is_named_with_its_trouble_and_the_others_stand(client: TestClient, root: Path) -> None:
    for name, content in (("noise", b"no database" * 99), ("empty", b"")):
        (root / name).mkdir()
        (root / name / "study.db").write_bytes(content)
    shutil.copytree(root / "one", root / "garbled")
    with closing(sqlite3.connect(root / "garbled" / "study.db")) as database, database:
        database.execute("UPDATE trials SET architecture = '{}'")
    page = client.get("/").text
    assert '<a href="/studies/one/">' in page
    for name, trouble in (
        ("noise", "file is not a database"),
        ("empty", "no such table"),
        ("garbled", "architecture has no hidden_size"),
    ):
        assert trouble in page
        document = client.get(f"/studies/{name}/document.json")
        assert document.status_code == 500
        assert document.headers["content-type"].startswith("text/plain")
        assert trouble in document.text
    compared = client.get("/compare?study=one&study=noise")
    assert compared.status_code == 500
    assert "file is not a database" in compared.text


def test_a_study_that_is_deleted_meanwhile_is_gone_and_says_so(client: TestClient, root: Path) -> None:
    assert client.get("/studies/one/document.json").status_code == 200
    for name in ("one", "two"):
        shutil.rmtree(root / name)
    gone = client.get("/studies/one/document.json")
    assert (gone.status_code, gone.text) == (404, f"There is no study one in {root}.")
    assert "There is no study here yet" in client.get("/").text


def test_two_studies_stand_side_by_side(root: Path, client: TestClient) -> None:
    page = client.get("/compare?study=one&study=two").text
    data = json.loads(page.split('id="data">')[1].split("</script>")[0])
    for name, drawn in zip(("one", "two"), data["studies"], strict=True):
        saved = load_study(name, root)
        assert drawn["front"]["score"] == saved.frontier()["score"].tolist()
        assert drawn["front"]["latency_ms"] == sorted(drawn["front"]["latency_ms"])
    assert "the seeds differ" in page
    assert '<tr><th scope="row">seed</th><td class="prose">0</td><td class="prose">1</td></tr>' in page


def test_scores_that_mean_different_things_are_not_drawn_together(root: Path, client: TestClient) -> None:
    paretobert.search(**TOYS, name="longer", settings={"steps": 8}, folder=root)
    page = client.get("/compare?study=one&study=longer").text
    assert "cannot be compared" in page
    assert "plotly" not in page


def test_one_study_is_not_compared(client: TestClient) -> None:
    answer = client.get("/compare?study=one&study=one")
    assert answer.status_code == 400
    assert "Choose two studies or more" in answer.text


def test_the_site_answers_get_alone_and_changes_no_file(client: TestClient, root: Path) -> None:
    before = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    for path in ("/", "/studies/one/", "/studies/one/document.json", "/compare?study=one&study=two"):
        assert client.get(path).status_code == 200
        for method in ("POST", "PUT", "DELETE", "PATCH"):
            assert client.request(method, path).status_code == 405
    assert {path: path.read_bytes() for path in root.rglob("*") if path.is_file()} == before


def test_a_page_from_elsewhere_cannot_have_its_own_name_point_here(root: Path) -> None:
    with TestClient(site(root, ["localhost", "127.0.0.1"]), base_url="http://evil.example") as client:
        assert client.get("/").status_code == 400
    with TestClient(site(root, ["localhost", "127.0.0.1"]), base_url="http://127.0.0.1:8000") as client:
        assert client.get("/").status_code == 200


def test_every_file_that_a_page_names_is_served(client: TestClient) -> None:
    named = {
        path
        for page in ("/", "/compare?study=one&study=two")
        for path in re.findall(r'(?:src|href)="(/assets/[^"]+)"', client.get(page).text)
    }
    assert len(named) >= 7
    for path in named:
        answer = client.get(path)
        assert answer.status_code == 200
        assert client.get(path, headers={"If-None-Match": answer.headers["etag"]}).status_code == 304
