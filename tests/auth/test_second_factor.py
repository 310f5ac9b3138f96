"""The admin's second factor: enrollment with manage.py, and the login form of a server that requires it."""

import http.cookiejar
import io
import re
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from base64 import b32decode

import pytest
from django.contrib import admin
from django.core.management import call_command
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice

from tests.factories import UserFactory
from tests.live_server import ROOT, environment

pytestmark = pytest.mark.django_db(transaction=True)

PASSWORD = "plum-tart-42"
INVALID = "Please enter the username and password of a staff account, and a new code"


@pytest.fixture
def boss():
    user = UserFactory(username="Boss", is_staff=True, is_superuser=True)
    user.set_password(PASSWORD)
    user.save()
    return user


@pytest.fixture
def protected(server_with):
    return server_with(workers=1, ADMIN_SECOND_FACTOR="on")


class Browser:
    """Keeps cookies, and logs in to the admin."""

    def __init__(self, server):
        self.url = f"{server.url}/admin/"
        self.opener = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        )

    def get(self, path=""):
        with self.opener.open(self.url + path, timeout=30) as page:
            return page.url.removeprefix(self.url), page.read().decode()

    def log_in(self, *, password=PASSWORD, **fields):
        """Returns the path and the text of the page that follows."""
        _, form = self.get("login/")
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', form)[1]
        data = {"csrfmiddlewaretoken": token, "next": "/admin/", "username": "boss", "password": password}
        body = urllib.parse.urlencode(data | fields).encode()
        request = urllib.request.Request(self.url + "login/", body, {"Referer": self.url})
        with self.opener.open(request, timeout=30) as page:
            return page.url.removeprefix(self.url), page.read().decode()


def second_factor(*arguments):
    output = io.StringIO()
    call_command("second_factor", *arguments, stdout=output)
    return output.getvalue()


def enroll(username="bOSS"):
    """Returns the secret of the printed URL."""
    output = second_factor(username)
    (url,) = re.findall(r"^otpauth://totp/(Cinema%3ABoss\?\S+)$", output, re.MULTILINE)
    assert "█" in output or "▀" in output, "There is no QR code."
    query = urllib.parse.parse_qs(url.partition("?")[2])
    assert query["issuer"] == ["Cinema"]
    return b32decode(query["secret"][0])


def code(secret, *, seconds_ago=0):
    totp = TOTP(secret)
    totp.time = time.time() - seconds_ago
    return f"{totp.token():06}"


def test_password_and_code_open_the_admin(protected, boss):
    browser = Browser(protected)
    digits = code(enroll())
    assert browser.log_in(code=f" {digits[:3]} {digits[3:]}")[0] == ""
    assert "Site administration" in browser.get()[1]


def test_password_alone_and_wrong_codes_get_the_message_of_a_wrong_password(protected, boss):
    browser = Browser(protected)
    assert INVALID in browser.log_in(code="123456")[1], "Without a device, any code would do."
    secret = enroll()
    assert "This field is required." in browser.log_in()[1]
    assert INVALID in browser.log_in(code=code(secret, seconds_ago=600))[1]
    assert INVALID in browser.log_in(code=code(secret), password="wrong")[1]
    assert browser.get()[0].startswith("login/")


def test_code_works_only_once(protected, boss):
    secret = enroll()
    used = code(secret)
    assert Browser(protected).log_in(code=used)[0] == ""
    assert INVALID in Browser(protected).log_in(code=used)[1]


def test_wrong_codes_count_as_failed_logins(server_with, boss):
    browser = Browser(server_with(workers=1, ADMIN_SECOND_FACTOR="on", THROTTLE_LOGIN="4/hour"))
    enroll()
    for _ in range(4):
        assert INVALID in browser.log_in(code="000000")[1]
    assert "Too many failed logins" in browser.log_in(code="000000")[1]


def test_session_from_before_the_second_factor_ends(protected, server, boss):
    """Both servers have the same SECRET_KEY and database, so they share sessions."""
    browser = Browser(server)
    assert browser.log_in()[0] == ""
    browser.url = f"{protected.url}/admin/"
    assert browser.get()[0].startswith("login/")


def test_new_device_replaces_the_lost_one_and_ends_its_sessions(protected, boss):
    browser = Browser(protected)
    lost = enroll()
    assert browser.log_in(code=code(lost))[0] == ""
    found = enroll()
    assert browser.get()[0].startswith("login/")
    assert INVALID in browser.log_in(code=code(lost, seconds_ago=-30))[1]
    # django-otp refuses all codes for a second after a wrong one.
    time.sleep(1.1)
    assert browser.log_in(code=code(found))[0] == ""


def test_removed_device_is_deleted(boss):
    enroll()
    assert second_factor("boss", "--remove") == "Removed the second factor of Boss.\n"
    assert not TOTPDevice.objects.exists()
    assert second_factor("boss", "--remove") == "There was no second factor of Boss.\n"


def test_unknown_user_is_one_clear_line():
    command = [sys.executable, "-W", "ignore", "manage.py", "second_factor", "nobody"]
    result = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True)
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr == "CommandError: There is no user 'nobody'.\n"


def test_admin_asks_for_no_code_by_default(server, boss):
    browser = Browser(server)
    assert 'name="code"' not in browser.get("login/")[1]
    enroll()
    assert browser.log_in()[0] == ""


def test_admin_has_no_pages_with_secrets_of_devices():
    assert not [model for model in admin.site._registry if model.__module__.startswith("django_otp")]
