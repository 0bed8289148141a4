import pytest

from claimwire.config.credentials import broker_credentials
from claimwire.config.settings import Settings, environment_of, load, redacted
from claimwire.errors import ConfigError


def test_defaults_need_no_server(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    loaded = load(environ={})
    assert loaded.settings == Settings()
    assert set(loaded.origins.values()) == {"default"}


def test_file_then_environment_then_flags(tmp_path):
    file = tmp_path / "c.toml"
    file.write_text('namespace = "one"\nbatch_size = 7\nworkers = 3\n')
    loaded = load(str(file), {"CLAIMWIRE_BATCH_SIZE": "8", "CLAIMWIRE_WORKERS": "4"}, {"workers": "5"})
    assert (loaded.settings.namespace, loaded.settings.batch_size, loaded.settings.workers) == ("one", 8, 5)
    assert loaded.origins["namespace"] == f"{file}:1"
    assert loaded.origins["batch_size"] == "environment CLAIMWIRE_BATCH_SIZE"
    assert loaded.origins["workers"] == "flag --workers"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("# c\nbatchsize = 1", ":2: batchsize: no such setting (did you mean batch_size?)"),
        ('workers = "many"', ":1: workers: expected a whole number, got 'many'"),
        ('broker_compression = "zstd"', ":1: broker_compression: expected one of gzip, none, got 'zstd'"),
        ('broker_instance = "a b"', ":1: broker_instance: expected letters, digits, dots"),
        ("workers = 2.5", ":1: workers: expected a whole number, got 2.5"),
        ("workers = true", ":1: workers: expected a whole number, got True"),
        ("\n\nworkers = 0", ":3: workers: expected a number from 1 to 256, got 0"),
        ("allow_private_addresses = 1", ":1: allow_private_addresses: expected true or false, got 1"),
        ('namespace = "Not OK"', ":1: namespace: expected lower-case"),
        ('broker = "redis://x"', ":1: broker: expected sqlite:///, kafka:// or kafka+ssl://"),
        ('store = "mongo://x"', ":1: store: expected sqlite:///, elasticsearch://"),
        ('log_level = "LOUD"', ":1: log_level: expected one of DEBUG"),
        ('\nbroker = "x', ":2: syntax:"),
        ("namespace = 3", ":1: namespace: expected lower-case letters, digits and hyphens (at most 61), got 3"),
    ],
)
def test_a_mistake_is_one_line_with_its_place(tmp_path, text, message):
    file = tmp_path / "c.toml"
    file.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load(str(file), {})
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_environment_mistakes():
    with pytest.raises(ConfigError, match=r"environment CLAIMWIRE_BROKR: brokr: no such setting \(did you mean broker"):
        load(environ={"CLAIMWIRE_BROKR": "x"})
    assert (
        load(
            environ={"CLAIMWIRE_TEST_KAFKA": "x", "CLAIMWIRE_REQUIRE_SERVERS": "1", "CLAIMWIRE_REQUIRE_SHARED": "1"}
        ).settings
        == Settings()
    )


def test_settings_reach_a_child_by_its_environment(tmp_path, monkeypatch):
    """Whatever they came from; neither a file beside it nor variables of its parent change them."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "claimwire.toml").write_text("no TOML")
    mine = Settings(
        namespace="other", workers=7, fetch_timeout=2.5, allow_private_addresses=True, page_port=0, rules="a b/r=1.toml"
    )
    parents = {"CLAIMWIRE_WORKERS": "3", "CLAIMWIRE_CONFIG": "none.toml", "CLAIMWIRE_TEST_KAFKA": "x", "PATH": "/bin"}
    environment = environment_of(mine, parents)
    assert load(environ=environment).settings == mine
    assert environment["PATH"] == "/bin"


def test_a_named_file_must_be_there(tmp_path):
    with pytest.raises(ConfigError, match=r"none\.toml:0: file: No such file"):
        load(str(tmp_path / "none.toml"), {})
    (tmp_path / "b.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="not UTF-8"):
        load(str(tmp_path / "b.toml"), {})


def test_passwords_are_not_shown():
    assert redacted("elasticsearch://me:secret@host:9200") == "elasticsearch://me:***@host:9200"


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"broker_user": "me"}, "broker_user: broker_user and broker_password_file go together"),
        ({"store_password_file": "f"}, "store_password_file: store_user and store_password_file go together"),
        ({"broker": "kafka://h", "broker_ca": "f"}, "broker_ca: broker does not begin with kafka+ssl://"),
        ({"store_ca": "f"}, "store_ca: store does not begin with elasticsearch+https://"),
        ({"broker": "kafka://me:word@h"}, "broker: takes no user; set broker_user and broker_password_file"),
        ({"broker_mechanism": "GSSAPI"}, "expected one of SCRAM-SHA-512, SCRAM-SHA-256, PLAIN, got 'GSSAPI'"),
        (
            {"store_api_key_file": "f", "store_user": "me", "store_password_file": "f"},
            "store_api_key_file: store_user is set too; choose one",
        ),
    ],
)
def test_settings_that_contradict_one_another(values, says):
    with pytest.raises(ConfigError) as refused:
        load(None, {f"CLAIMWIRE_{k.upper()}": v for k, v in values.items()})
    assert says in str(refused.value)


def test_a_password_in_a_flag_is_refused_and_not_repeated():
    with pytest.raises(ConfigError, match="all users of the machine can see") as refused:
        load(None, {}, {"store": "elasticsearch://me:word@host"})
    assert "word@" not in str(refused.value)


def test_secrets_come_from_files_and_are_in_no_representation(tmp_path):
    (tmp_path / "word").write_text("open sesame\n")
    (tmp_path / "empty").write_text("\n")
    settings = Settings(broker_user="me", broker_password_file=str(tmp_path / "word"))
    assert broker_credentials(settings).password == "open sesame"
    assert "sesame" not in repr(broker_credentials(settings))
    for name, says in (("empty", "the file is empty"), ("none", "No such file")):
        with pytest.raises(ConfigError, match=says):
            broker_credentials(Settings(broker_user="me", broker_password_file=str(tmp_path / name)))
