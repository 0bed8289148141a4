"""`claimwire export`: what comes out is what is in the store, and no cell is a formula."""

import csv
import io
import json

import pytest

from claimwire.store.drivers import open_store
from claimwire.store.mappings import MAPPINGS
from console.cli.export import cell, write_csv
from tests.console.command import claimwire


def test_every_document_once_as_it_is_in_the_store(demo):
    store = open_store(f"sqlite:///{demo}/data/search.db", "claimwire")
    for kind in ("claims", "articles", "clusters"):
        rows = [json.loads(line) for line in claimwire("export", "--kind", kind, cwd=demo).splitlines()]
        assert rows == [body for _, _, body in store.dump(kind)]
    store.close()


def test_words_and_filters(demo):
    found = claimwire("export", "Valdivia", "--filter", "verdict=update", cwd=demo).splitlines()
    assert found
    assert {json.loads(line)["verdict"] for line in found} == {"update"}
    everything = claimwire("search", "Valdivia", "--kind", "claims", "--filter", "verdict=update", cwd=demo)
    assert everything.startswith(f"{len(found)} claims")
    assert "expected FIELD=VALUE" in claimwire("export", "--filter", "nothing=x", cwd=demo, status=2)


def test_a_file_of_csv(demo, tmp_path):
    path = tmp_path / "claims.csv"
    claimwire("export", "--format", "csv", "--bom", "--output", str(path), cwd=demo)
    text = path.read_bytes().decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert list(rows[0]) == list(MAPPINGS["claims"])
    sentences = {json.loads(line)["sentence"] for line in claimwire("export", cwd=demo).splitlines()}
    assert {row["sentence"].removeprefix("'") for row in rows} == {s.removeprefix("'") for s in sentences}
    assert "no such" not in text
    says = claimwire("export", "--output", str(tmp_path / "no" / "x.csv"), cwd=demo, status=2)
    assert "--output: No such file or directory" in says


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ('=HYPERLINK("https://x.example","y")', '\'=HYPERLINK("https://x.example","y")'),
        ("+41 dead", "'+41 dead"),
        ("-1", "'-1"),
        ("@SUM(1)", "'@SUM(1)"),
        ("\t=1", "'\t=1"),
        ("|cmd", "'|cmd"),
        (-1.5, "-1.5"),
        (4, "4"),
        (True, "true"),
        (None, ""),
        (["a", "b"], "a; b"),
        (["=a"], "'=a"),
        ([{"value": 4}], '[{"value": 4}]'),
        ("plain", "plain"),
    ],
)
def test_cells(value, text):
    assert cell(value) == text


def test_quotes_commas_and_line_ends_come_back():
    out = io.StringIO(newline="")
    told = 'He said "no",\r\nthen left\n'
    write_csv(out, {"sentence": {}}, iter([{"sentence": told}]))
    assert list(csv.reader(io.StringIO(out.getvalue(), newline="")))[1] == [told]


def test_parquet_has_typed_columns(demo, tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    from claimwire.store import KINDS
    from claimwire.store.mappings import MAPPINGS
    from console.parquet import RECORDS

    assert set(RECORDS) == set(KINDS)
    for kind in KINDS:
        file = tmp_path / f"{kind}.parquet"
        claimwire("export", "--kind", kind, "--format", "parquet", "--output", str(file), cwd=demo)
        table = pq.read_table(file)
        assert table.column_names == list(MAPPINGS[kind])
        lines = claimwire("export", "--kind", kind, cwd=demo).splitlines()
        assert table.num_rows == len(lines)
        assert table.schema.field("first_seen_at").type == pa.timestamp("us", tz="UTC")
    claims = pq.read_table(tmp_path / "claims.parquet")
    assert claims.schema.field("claimant").type == pa.list_(pa.string())
    assert {v for row in claims.column("verdict").to_pylist() for v in [row]} >= {"new", "update", "repeat"}
    quantities = [json.loads(q) for q in claims.column("quantities").to_pylist() if q and q != "[]"]
    assert all(isinstance(q["value"], float | int) for row in quantities for q in row)
    out = claimwire("export", "--format", "parquet", cwd=demo, status=2)
    assert "give a file with --output" in out
