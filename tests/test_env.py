"""Settings read from environment variables and from `.env`."""

import os

import pytest
from django.core.exceptions import ImproperlyConfigured

from cinema import env


@pytest.mark.parametrize("value", ["on", "ON", "true", "True", "yes", "1"])
def test_boolean_is_true(monkeypatch, value):
    monkeypatch.setenv("X", value)
    assert env.boolean("X", default=False) is True


@pytest.mark.parametrize("value", ["off", "OFF", "false", "False", "no", "0"])
def test_boolean_is_false(monkeypatch, value):
    monkeypatch.setenv("X", value)
    assert env.boolean("X", default=True) is False


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("ture", lambda: env.boolean("X", default=True)),
        ("2", lambda: env.boolean("X", default=True)),
        ("abc", lambda: env.integer("X", default=5)),
        ("1.5", lambda: env.integer("X", default=5)),
        ("0", lambda: env.integer("X", default=5)),
        ("-1", lambda: env.integer("X", default=5, minimum=0)),
        ("9", lambda: env.integer("X", default=5, maximum=8)),
        ("9" * 5000, lambda: env.integer("X", default=5)),
        ("xml", lambda: env.choice("X", ("json", "text"), default="text")),
        ("10", lambda: env.rate("X", default="5/s")),
        ("0/s", lambda: env.rate("X", default="5/s")),
        ("10/year", lambda: env.rate("X", default="5/s")),
        ("10/min,", lambda: env.rate("X", default="5/s")),
        ("mail.example", lambda: env.email_settings("X")),
        ("stmp://mail.example", lambda: env.email_settings("X")),
        ("smtp://mail.example:port", lambda: env.email_settings("X")),
    ],
)
def test_invalid_value_is_an_error_that_names_the_variable(monkeypatch, value, read):
    monkeypatch.setenv("X", value)
    with pytest.raises(ImproperlyConfigured, match=r"^X: ."):
        read()


@pytest.mark.parametrize("value", [None, ""])
def test_unset_or_empty_variable_gives_the_default(monkeypatch, value):
    monkeypatch.delenv("X", raising=False)
    if value is not None:
        monkeypatch.setenv("X", value)
    assert env.boolean("X", default=True) is True
    assert env.integer("X", default=5) == 5
    assert env.choice("X", ("json", "text"), default="text") == "text"


def test_empty_rate_turns_the_throttle_off(monkeypatch):
    monkeypatch.delenv("X", raising=False)
    assert env.rate("X", default="5/s") == "5/s"
    monkeypatch.setenv("X", "10/min")
    assert env.rate("X", default="5/s") == "10/min"
    monkeypatch.setenv("X", "")
    assert env.rate("X", default="5/s") is None


def test_dotenv_file_gives_values_and_the_environment_wins(monkeypatch, tmp_path):
    monkeypatch.setattr(env, "BASE_DIR", tmp_path)
    monkeypatch.setattr(os, "environ", {"DATABASE_URL": "", "SECOND": "8"})
    (tmp_path / ".env").write_text("# a comment\nFIRST=$start#of-a-key\nSECOND=7\nTHIRD=off\n")
    env.use_development_defaults()
    assert env.env.str("FIRST") == "$start#of-a-key"
    assert env.integer("SECOND", default=5) == 8
    assert env.boolean("THIRD", default=True) is False
    assert env.env.str("DATABASE_URL") == f"sqlite:///{tmp_path}/db.sqlite3"
    assert env.env.str("EMAIL_URL") == "console:"


@pytest.mark.parametrize("value", ["", "console:"])
def test_mails_go_to_the_console_by_default(monkeypatch, value):
    monkeypatch.setenv("X", value)
    assert env.email_settings("X")["EMAIL_BACKEND"] == "django.core.mail.backends.console.EmailBackend"


def test_url_of_a_mail_server_gives_its_settings_and_a_timeout(monkeypatch):
    monkeypatch.setenv("X", "submission://user:pass%40word@mail.example?_default_from_email=a@cinema.example")
    settings = env.email_settings("X")
    assert settings["EMAIL_HOST"] == "mail.example"
    assert (settings["EMAIL_HOST_PASSWORD"], settings["EMAIL_PORT"]) == ("pass@word", 587)
    assert settings["EMAIL_USE_TLS"] is True
    assert settings["DEFAULT_FROM_EMAIL"] == "a@cinema.example"
    assert settings["EMAIL_TIMEOUT"] == 10
