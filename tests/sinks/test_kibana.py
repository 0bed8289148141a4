"""Kibana's objects: made whole, checked against our mappings, every panel's query run on Elasticsearch, and installed."""

import copy
import json
import re
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar
from urllib.parse import urlsplit

import msgspec
import pytest
from elasticsearch import Elasticsearch

from claimwire.config.credentials import Credentials
from claimwire.config.settings import Settings
from claimwire.errors import ConfigError, DeniedError, SinkError, UnreachableError
from claimwire.letters import dead_letters_of
from claimwire.log import Message
from claimwire.records.base import encode
from claimwire.records.feeds import Feed
from claimwire.records.outcomes import Outcome
from claimwire.records.vocabulary import OutcomeState
from claimwire.store.drivers import open_settings_store
from sinks.kibana.api import dashboards, rules
from sinks.kibana.check import problems
from sinks.kibana.install import Kibana
from sinks.kibana.kql import fields_of, parse_kql, to_dsl
from sinks.kibana.objects import ndjson, saved_objects
from sinks.kibana.panels import DASHBOARDS, SEARCHES, WATCHES
from sinks.kibana.queries import panel_query, search_query, watch_query
from sinks.search.documents import document_of_message
from tests.console.command import claimwire
from tests.console.conftest import demo  # noqa: F401
from tests.page.conftest import copy_store

PANELS = [panel for dashboard in DASHBOARDS for panel in dashboard.panels]


def test_nothing_is_wrong_with_what_we_ship():
    objects = saved_objects("claimwire")
    assert problems(objects) == []
    assert {o["type"] for o in objects} == {"index-pattern", "search", "lens", "dashboard"}
    assert [json.loads(line) for line in ndjson("claimwire").splitlines()] == objects
    assert not {o["id"] for o in objects} & {o["id"] for o in saved_objects("other")}


def find(objects: list, kind: str, part: str) -> dict:
    return next(o for o in objects if o["type"] == kind and part in o["id"])


def break_reference(objects):
    objects.remove(find(objects, "search", "new-claims"))


def break_field(objects):
    find(objects, "search", "alerts")["attributes"]["columns"].append("colour")


def break_type(objects):
    find(objects, "lens", "claims-claimants")["attributes"]["state"]["datasourceStates"]["formBased"]["layers"][
        "layer"
    ]["columns"]["by-claimant"]["sourceField"] = "sentence"


def break_sum(objects):
    find(objects, "lens", "feeds-lost")["attributes"]["state"]["datasourceStates"]["formBased"]["layers"]["layer"][
        "columns"
    ]["value"]["sourceField"] = "source"


def break_kql(objects):
    find(objects, "lens", "claims-new")["attributes"]["state"]["query"]["query"] = "verdict: (new or"


def break_kql_field(objects):
    find(objects, "lens", "claims-new")["attributes"]["state"]["query"]["query"] = "verdikt: new"


def break_grid(objects):
    attributes = find(objects, "dashboard", "newsroom")["attributes"]
    attributes["panelsJSON"] = attributes["panelsJSON"].replace('"w": 32', '"w": 49')


def break_overlap(objects):
    attributes = find(objects, "dashboard", "newsroom")["attributes"]
    attributes["panelsJSON"] = attributes["panelsJSON"].replace('"x": 40, "y": 0', '"x": 33, "y": 0')


def break_json(objects):
    find(objects, "search", "alerts")["attributes"]["kibanaSavedObjectMeta"]["searchSourceJSON"] = "{"


def break_control(objects):
    attributes = find(objects, "dashboard", "newsroom")["attributes"]["controlGroupInput"]
    attributes["panelsJSON"] = attributes["panelsJSON"].replace('"fieldName": "source"', '"fieldName": "why"')


def break_id(objects):
    objects.append(copy.deepcopy(objects[0]))


def break_version(objects):
    del objects[3]["typeMigrationVersion"]


@pytest.mark.parametrize(
    ("breaks", "problem"),
    [
        (break_reference, "refers to search/claimwire-search-new-claims, which does not exist"),
        (break_field, "field colour is not in the mapping of alerts"),
        (break_type, "field sentence of claims is a text, which terms does not support"),
        (break_sum, "field source of feeds is a keyword, which sum does not support"),
        (break_kql, "KQL: "),
        (break_kql_field, "field verdikt is not in the mapping of claims"),
        (break_grid, "exceeds 48 columns"),
        (break_overlap, "overlaps panel"),
        (break_json, "searchSourceJSON: invalid JSON"),
        (break_control, "field why of claims is a text, which terms does not support"),
        (break_id, "duplicate"),
        (break_version, "lacks typeMigrationVersion"),
    ],
)
def test_each_mistake_is_found(breaks, problem):
    objects = copy.deepcopy(saved_objects("claimwire"))
    breaks(objects)
    try:
        found = problems(objects)
    except ValueError:
        assert breaks is break_json
        return
    assert any(problem in line for line in found), found


@pytest.mark.parametrize(
    ("text", "dsl"),
    [
        ("", {"match_all": {}}),
        ("a: x", {"match": {"a": "x"}}),
        ('a: "x y"', {"match_phrase": {"a": "x y"}}),
        ("a: *", {"exists": {"field": "a"}}),
        ("a >= 3", {"range": {"a": {"gte": "3"}}}),
        ("not a: x", {"bool": {"must_not": [{"match": {"a": "x"}}]}}),
        ("a: x AND b: y", {"bool": {"filter": [{"match": {"a": "x"}}, {"match": {"b": "y"}}]}}),
        (
            "a: (x or y)",
            {"bool": {"should": [{"match": {"a": "x"}}, {"match": {"a": "y"}}], "minimum_should_match": 1}},
        ),
    ],
)
def test_kql(text, dsl):
    assert to_dsl(parse_kql(text)) == dsl


def test_kql_binds_and_before_or():
    node = parse_kql("a: x or b: y and not (c: z or d > 1)")
    assert node.kind == "or"
    assert fields_of(node) == {("a", "match"), ("b", "match"), ("c", "match"), ("d", "gt")}


@pytest.mark.parametrize(
    "text", ["a", "a:", "a: (x", "a: x)", "a: or", "and", "a: x b: y", 'a: "x', ": x", "a ( x", "not"]
)
def test_kql_that_is_none(text):
    with pytest.raises(ValueError, match="KQL"):
        parse_kql(text)


@pytest.fixture(scope="module")
def index(elasticsearch, demo):  # noqa: F811
    """The demo's index on Elasticsearch, with a rejected article, a dead letter and a feed that fails beside it."""
    settings = Settings(store=f"elasticsearch://{elasticsearch.host_port}", namespace="kibanatest")
    copy_store(Settings(store=f"sqlite:///{demo / 'data' / 'search.db'}"), settings)
    now = datetime.now(UTC)
    rejected = Outcome(
        article_id="x", revision_id="r", state=OutcomeState.REJECTED, stage="analyse", at=now, reason="too_short",
        url="https://paper.example/x", source="Paper",
    )  # fmt: skip
    opened = msgspec.structs.replace(rejected, state=OutcomeState.OPENED, reason=None)
    feed = Feed(
        url="https://paper.example/feed", source="Paper", added_at=now, next_due=now, last_polled_at=now, failures=2.0,
        status="timed_out", changed_at=now - timedelta(hours=7), maybe_lost=1,
    )  # fmt: skip
    bad = Message("articles.raw", "k", b"{", {"article_id": "a", "revision_id": "r"}, partition=1, offset=9)
    letter = dead_letters_of(bad, "analyse", "ContractError: none", now)[0]
    written = [
        document_of_message(Message("outcomes", "x/r", encode(rejected), offset=5), rejected),
        document_of_message(Message("outcomes", "y/r", encode(opened), offset=6), opened),
        document_of_message(Message("feeds", feed.url, encode(feed), offset=7), feed),
        document_of_message(letter, None),
    ]
    store = open_settings_store(settings)
    assert store.write([d for d in written if d]) == []
    store.refresh()
    store.close()
    client = Elasticsearch(f"http://{elasticsearch.host_port}")
    yield settings.namespace, client
    client.close()


@pytest.mark.servers
@pytest.mark.parametrize("panel", PANELS, ids=lambda p: p.id)
def test_every_panel_shows_something(index, panel):
    namespace, client = index
    found = client.search(index=f"{namespace}-{panel.kind}", **panel_query(panel))
    assert found["hits"]["total"]["value"] > 0
    level = found.get("aggregations", {})
    while level:
        name, inner = next(iter((k, v) for k, v in level.items() if isinstance(v, dict)))
        if name == "value":
            values = inner.get("values", {"": inner.get("value")})
            assert all(isinstance(v, int | float) for v in values.values())
            break
        assert inner["buckets"], name
        level = {k: v for k, v in inner["buckets"][0].items() if k == "value" or k.startswith("by-")}


@pytest.mark.servers
@pytest.mark.parametrize("search", SEARCHES, ids=lambda s: s.id)
def test_every_search_finds_something(index, search):
    namespace, client = index
    found = client.search(index=f"{namespace}-{search.kind}", **search_query(search))
    assert found["hits"]["total"]["value"] > 0
    assert set(found["hits"]["hits"][0]["_source"]) >= {c for c in search.columns if c != "failing_since"}


@pytest.mark.servers
@pytest.mark.parametrize("watch", WATCHES, ids=lambda w: w.id)
def test_every_rule_fires_on_what_it_is_for(index, watch):
    namespace, client = index
    query = watch_query(watch)
    if watch.id == "new-claims":
        query["query"]["bool"]["filter"] = query["query"]["bool"]["filter"][:1]
    assert client.search(index=f"{namespace}-{watch.kind}", **query)["hits"]["total"]["value"] > 0


def test_the_dashboards_api_gets_the_same_panels():
    for dashboard, body in zip(DASHBOARDS, dashboards("claimwire").values(), strict=True):
        assert [p["config"].get("title") for p in body["panels"]][: len(dashboard.panels)] == [
            p.title for p in dashboard.panels
        ]
        assert len(body["panels"]) == len(dashboard.panels) + len(dashboard.searches) <= 100
        assert all(p["grid"]["x"] + p["grid"]["w"] <= 48 for p in body["panels"])
    assert all(json.loads(rule["params"]["esQuery"])["query"] for rule in rules("claimwire").values())


# The answer of Kibana 9 to anything about rules where it has no key.
WITHOUT_KEY = (
    "Unable to create alerts client because the Encrypted Saved Objects plugin is missing encryption key. Please set "
    "xpack.encryptedSavedObjects.encryptionKey in the kibana.yml or use the bin/kibana-encryption-keys command."
)


class Server(BaseHTTPRequestHandler):
    """The two APIs as their documentation has them: the import form, and rules by id."""

    objects: ClassVar[dict[tuple[str, str], dict]] = {}
    rules: ClassVar[dict[str, dict]] = {}
    calls: ClassVar[list[str]] = []
    refuse: ClassVar[list[tuple[int, dict]]] = []
    has_key: ClassVar[bool] = True

    def _tell(self, status: int, body: dict) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _take(self, method: str) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        path = urlsplit(self.path)
        self.calls.append(f"{method} {self.path}")
        if self.refuse:
            self._tell(*self.refuse.pop(0))
        elif self.headers["kbn-xsrf"] is None:
            self._tell(400, {"message": "Request must contain a kbn-xsrf header."})
        elif path.path.endswith("/api/saved_objects/_import"):
            self._import(body)
        else:
            self._rule(method, re.fullmatch(r".*/api/alerting/rule/([\w-]+)", path.path)[1], body)

    def _import(self, body: bytes) -> None:
        head = f"Content-Type: {self.headers['content-type']}\r\n\r\n".encode()
        part = BytesParser().parsebytes(head + body).get_payload()[0]
        assert part.get_param("name", header="content-disposition") == "file"
        assert part.get_filename().endswith(".ndjson")
        lines = [json.loads(line) for line in part.get_payload(decode=True).splitlines() if line.strip()]
        errors = []
        there = {(o["type"], o["id"]) for o in lines}
        for one in lines:
            missing = [r for r in one["references"] if (r["type"], r["id"]) not in there]
            if missing:
                errors.append({"id": one["id"], "type": one["type"], "error": {"type": "missing_references"}})
            else:
                self.objects[one["type"], one["id"]] = one
        self._tell(200, {"success": not errors, "successCount": len(lines) - len(errors), "errors": errors})

    def _rule(self, method: str, ident: str, body: bytes) -> None:
        if not self.has_key:
            self._tell(500, {"statusCode": 500, "error": "Internal Server Error", "message": WITHOUT_KEY})
        elif method == "GET":
            self._tell(*((200, self.rules[ident]) if ident in self.rules else (404, {"message": "not found"})))
        elif method == "POST" and ident in self.rules:
            self._tell(409, {"message": "conflict"})
        elif method == "PUT" and {"rule_type_id", "consumer", "enabled"} & set(json.loads(body)):
            self._tell(400, {"message": "definition for this key is missing"})
        else:
            self.rules[ident] = self.rules.get(ident, {}) | json.loads(body)
            self._tell(200, self.rules[ident])

    def do_GET(self) -> None:
        self._take("GET")

    def do_POST(self) -> None:
        self._take("POST")

    def do_PUT(self) -> None:
        self._take("PUT")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def kibana():
    Server.objects, Server.rules, Server.calls, Server.refuse, Server.has_key = {}, {}, [], [], True
    server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_setup_installs_everything_and_again_over_it(kibana, tmp_path):
    for _ in range(2):
        out = claimwire("setup", "--kibana", f"{kibana}/s/desk/", cwd=tmp_path)
        assert "dashboard claimwire-dashboard-newsroom" in out
        assert "rule claimwire-rule-dead-letters" in out
    assert len(Server.objects) == len(saved_objects("claimwire"))
    assert set(Server.rules) == set(rules("claimwire"))
    assert Server.calls[0] == "POST /s/desk/api/saved_objects/_import?overwrite=true"
    assert {call.split()[0] for call in Server.calls[5:]} >= {"PUT"}


def test_a_kibana_that_refuses_rules_is_one_line_and_all_else_is_set_up(kibana, tmp_path):
    Server.has_key = False
    command = [sys.executable, "-m", "console.cli.main", "setup", "--kibana", kibana]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    path = f"{kibana}/api/alerting/rule/claimwire-rule-new-claims"
    assert done.stderr == f"claimwire: kibana {path}: HTTP 500: {WITHOUT_KEY}; topics and store are set up\n"
    assert "dashboard claimwire-dashboard-newsroom" in done.stdout
    assert "topic claimwire.articles" in done.stdout
    assert claimwire("setup", cwd=tmp_path) == "nothing to create\n"
    Server.has_key = True
    assert "rule claimwire-rule-new-claims" in claimwire("setup", "--kibana", kibana, cwd=tmp_path)


def test_what_kibana_refuses_is_said(kibana, tmp_path, closed_port):
    Server.refuse[:] = [
        (
            200,
            {
                "success": False,
                "successCount": 3,
                "errors": [{"type": "lens", "id": "x", "error": {"type": "unknown"}}],
            },
        )
    ]
    with pytest.raises(SinkError, match=r"3 of .* imported; lens/x: unknown"):
        Kibana(kibana).import_objects("claimwire")
    Server.refuse[:] = [(401, {"message": "unauthorized"})]
    with pytest.raises(DeniedError, match="401"):
        Kibana(kibana, Credentials(user="a", password="b")).import_objects("claimwire")
    Server.refuse[:] = [(503, {"message": "not ready"})]
    with pytest.raises(SinkError, match="503"):
        Kibana(kibana, Credentials(api_key="k")).import_objects("claimwire")
    with pytest.raises(UnreachableError, match="refused"):
        Kibana(f"http://127.0.0.1:{closed_port}").import_objects("claimwire")
    with pytest.raises(ConfigError, match="not an http"):
        Kibana("kibana:5601")
    out = claimwire("setup", "--kibana", f"http://127.0.0.1:{closed_port}", cwd=tmp_path, status=3)
    assert f"kibana http://127.0.0.1:{closed_port}" in out
