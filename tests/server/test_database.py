"""Connection settings made from `DATABASE_URL`."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from cinema.server.database import database_config


def test_password_is_percent_decoded():
    config = database_config("postgres://ann:p%40ss%2F@db.example:6432/cinema")
    assert [config[key] for key in ("USER", "PASSWORD", "HOST", "PORT", "NAME")] == [
        *("ann", "p@ss/", "db.example", 6432, "cinema")
    ]


def test_url_parameters_become_connection_options():
    options = database_config("postgres://a@b/c?sslmode=verify-full&connect_timeout=3")["OPTIONS"]
    assert (options["sslmode"], options["connect_timeout"]) == ("verify-full", 3)


@pytest.mark.parametrize(("query", "threshold"), [("", 5), ("?DISABLE_SERVER_SIDE_CURSORS=True", None)])
def test_pooled_connection_prepares_no_statements(query, threshold):
    config = database_config(f"postgres://a@b/c{query}")
    assert config["DISABLE_SERVER_SIDE_CURSORS"] is bool(query)
    assert config["OPTIONS"]["prepare_threshold"] == threshold
    assert "DISABLE_SERVER_SIDE_CURSORS" not in config["OPTIONS"]


def test_options_of_the_url_come_after_ours_and_win():
    options = database_config("postgres://a@b/c?options=-c%20DateStyle=SQL")["OPTIONS"]["options"]
    assert options.startswith("-c DateStyle=ISO ")
    assert options.endswith(" -c DateStyle=SQL")


def test_pooled_connection_requests_no_session_settings():
    """pgbouncer refuses a connection that requests settings which it does not know."""
    assert "options" not in database_config("postgres://a@b/c?DISABLE_SERVER_SIDE_CURSORS=True")["OPTIONS"]


def test_url_overrides_our_options_even_behind_a_pooler():
    config = database_config("postgres://a@b/c?DISABLE_SERVER_SIDE_CURSORS=True&prepare_threshold=9")
    assert config["OPTIONS"]["prepare_threshold"] == 9


@pytest.mark.parametrize(
    ("url", "name"),
    [("sqlite:////var/db.sqlite3", "/var/db.sqlite3"), ("sqlite:///db.sqlite3", "db.sqlite3")],
)
def test_sqlite_url_names_a_file(url, name):
    config = database_config(url)
    assert config["NAME"] == name
    assert config["OPTIONS"]["transaction_mode"] == "IMMEDIATE"


def test_url_overrides_how_long_a_connection_is_kept():
    assert database_config("postgres://a@b/c")["CONN_MAX_AGE"] == 600
    assert database_config("postgres://a@b/c?CONN_MAX_AGE=0")["CONN_MAX_AGE"] == 0


@pytest.mark.parametrize(
    "url",
    [
        *("", "nonsense", "mysql://a:s3cret@b/c", "postgres://a:s3cret@b:port/c", "postgres://a:s3cret@b"),
        *("sqlite://x", "sqlite://", "sqlite:///", "sqlite://:memory:", "sqlite:///:memory:"),
        "postgres://a:s3cret@b/c?CONN_MAX_AGE=long",
    ],
)
def test_invalid_url_is_an_error_without_its_password(url):
    with pytest.raises(ImproperlyConfigured, match="DATABASE_URL must be like") as error:
        database_config(url)
    assert "s3cret" not in str(error.value)
    assert error.value.__suppress_context__


def test_postgresql_server_that_vanished_is_given_up_within_a_minute():
    options = database_config("postgres://a@b/c")["OPTIONS"]
    assert options["connect_timeout"] == 5
    idle, interval, count = (options[f"keepalives_{name}"] for name in ("idle", "interval", "count"))
    assert idle + interval * count == 60
    assert options["tcp_user_timeout"] <= 60_000
