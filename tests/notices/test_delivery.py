"""`manage.py deliver` sends webhooks at least once, and a receiver that is down delays nobody else."""

import re
import signal
import socket
import subprocess
import sys
import time
from http.server import ThreadingHTTPServer

import pytest
from django.urls import reverse
from django.utils import timezone

from cinema.notices import delivery
from cinema.notices.models import Delivery, Notice, Subscription
from cinema.notices.outbox import dispatch
from cinema.notices.webhooks import sign
from tests.factories import UserFactory
from tests.live_server import ROOT, environment, wait_for
from tests.notices.conftest import deliver, pass_time, signature
from tests.ports import spare_port

pytestmark = pytest.mark.django_db(transaction=True)


def states(**filters):
    return sorted(Delivery.objects.filter(**filters).values_list("state", flat=True))


def test_signature_is_that_of_the_specification():
    """The example of https://www.standardwebhooks.com."""
    secret, message_id = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek"
    body = b'{"test": 2432232314}'
    assert sign(secret, message_id, 1614265330, body) == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_webhook_gets_signed_notices_in_their_order(sell, webhook, receiver):
    bookings = sell(3)
    deliver()
    assert receiver.bookings == bookings
    assert {content["type"] for content in receiver.received} == {"booking.confirmed"}
    path, headers, body = receiver.headers[0]
    assert path == "/hook?shop=1"
    message_id, timestamp = headers["webhook-id"], headers["webhook-timestamp"]
    assert abs(time.time() - int(timestamp)) < 60
    assert headers["webhook-signature"] == signature(webhook.secret, message_id, timestamp, body)
    assert len({headers["webhook-id"] for _, headers, _ in receiver.headers}) == 3
    deliver()
    assert receiver.bookings == bookings


def test_nothing_is_lost_while_the_receiver_is_down_for_an_hour(sell, receiver):
    receiver.stop()
    bookings = sell(3)
    for _ in range(12):
        deliver()
        pass_time(minutes=5)
    bookings += sell(2)
    subscription = Subscription.objects.get()
    assert subscription.failures > 3
    assert "ConnectionRefusedError" in subscription.last_error
    receiver.start()
    pass_time(minutes=10)
    deliver()
    assert sorted(receiver.bookings) == bookings
    assert Subscription.objects.get().failures == 0


def test_pauses_grow_while_the_receiver_is_down(sell, receiver):
    receiver.stop()
    sell()
    pauses = []
    for _ in range(8):
        started = timezone.now()
        deliver()
        failed = Subscription.objects.get().paused_until
        pauses.append(((failed - timezone.now()).total_seconds(), (failed - started).total_seconds()))
        pass_time(minutes=5)
    for (least, most), seconds in zip(pauses, (5, 10, 20, 40, 80, 160, 300, 300), strict=True):
        assert least <= seconds <= most


def test_receiver_that_is_down_delays_no_other(sell, receiver):
    """Its answer never comes, because nobody accepts the connection's request."""
    with socket.create_server(("127.0.0.1", spare_port())) as silent:
        dead = Subscription.objects.create(
            name="dead", kind="webhook", url=f"http://127.0.0.1:{silent.getsockname()[1]}/"
        )
        bookings = sell(5)
        process = deliver_in_background()
        try:
            wait_for(lambda: len(receiver.bookings) == 5)
            dead.refresh_from_db()
        finally:
            process.kill()
            process.wait()
    assert receiver.bookings == bookings
    # The first attempt at it, which ends after 10 seconds, had not ended.
    assert dead.failures == 0
    assert states(subscription=dead) == ["waiting"] * 5


def deliver_in_background():
    return subprocess.Popen([sys.executable, "manage.py", "deliver"], cwd=ROOT, env=environment(HTTPS="off"))


def test_killed_deliverer_loses_nothing(sell, receiver):
    bookings = []
    for _ in range(3):
        process = deliver_in_background()
        bookings += sell(20)
        count = len(set(receiver.bookings))
        wait_for(lambda count=count: len(set(receiver.bookings)) > count + 5)
        process.send_signal(signal.SIGKILL)
        process.wait()
    bookings += sell(5)
    pass_time(minutes=1)  # The lease of what was under way ends.
    deliver()
    assert set(receiver.bookings) == set(bookings)
    assert Notice.objects.count() == len(bookings)
    # One delivery was under way at each kill.
    assert len(receiver.bookings) <= len(bookings) + 3


def test_deliverer_stops_on_sigterm(sell, receiver):
    process = deliver_in_background()
    sell()
    wait_for(lambda: receiver.bookings)
    process.terminate()
    assert process.wait(60) == 0


def test_deliverer_with_a_backlog_stops_on_sigterm(sell, receiver):
    receiver.stop()
    booked = sell(20)

    class Slow(ThreadingHTTPServer):
        def finish_request(self, *args):
            if receiver.received:
                process.terminate()
                time.sleep(0.5)
            super().finish_request(*args)

    process = deliver_in_background()
    receiver.start(Slow)
    assert process.wait(60) == 0
    assert len(receiver.received) < 20
    pass_time(minutes=1)
    deliver()
    assert sorted(receiver.bookings) == booked


def test_delivery_that_another_process_has_claimed_is_not_sent(sell, receiver, webhook):
    sell()
    dispatch()
    claimed = delivery._claim(webhook.pk)
    assert claimed.attempts == 1
    assert delivery._claim(webhook.pk) is None
    deliver()
    assert receiver.bookings == []
    pass_time(minutes=1)
    deliver()
    assert len(receiver.bookings) == 1


@pytest.mark.parametrize("status", [301, 400, 410, 500])
def test_refused_notice_is_sent_again_and_the_others_meanwhile(sell, receiver, status):
    bookings = sell(3)
    receiver.statuses = [status]
    deliver()
    assert receiver.bookings == []
    assert Delivery.objects.get(attempts=1).last_error == f"The receiver answered {status}."
    pass_time(seconds=6)
    deliver()
    assert sorted(receiver.bookings) == bookings


def test_delivery_is_given_up_after_three_days_and_can_be_sent_again(sell, receiver, client):
    receiver.stop()
    sell()
    deliver()
    pass_time(days=4)
    deliver()
    assert states() == ["given_up"]
    boss = UserFactory(username="boss", staff=True, is_superuser=True)
    client.force_login(boss)
    page = client.get(reverse("admin:notices_delivery_changelist")).content.decode()
    assert "ConnectionRefusedError" in page
    receiver.start()
    form = {"action": "try_again", "_selected_action": [Delivery.objects.get().pk]}
    client.post(reverse("admin:notices_delivery_changelist"), form)
    pass_time(minutes=10)
    deliver()
    assert states() == ["delivered"]
    assert len(receiver.bookings) == 1


def test_metrics_tell_the_age_of_what_waits_and_what_was_given_up(sell, receiver, client, settings):
    settings.METRICS_TOKEN = "a-long-metrics-token"

    def read(name):
        headers = {"Authorization": f"Bearer {settings.METRICS_TOKEN}"}
        page = client.get("/metrics", headers=headers).content.decode()
        return float(re.search(rf"^{name} (\S+)$", page, re.MULTILINE)[1])

    assert read("cinema_oldest_notice_seconds") == 0
    receiver.stop()
    sell()
    pass_time(hours=1)
    assert 3600 <= read("cinema_oldest_notice_seconds") < 3660
    deliver()
    assert read("cinema_oldest_notice_seconds") >= 3600
    pass_time(days=4)
    deliver()
    assert read("cinema_oldest_notice_seconds") == 0
    assert read("cinema_notices_given_up") == 1


def test_inactive_subscription_gets_nothing(sell, receiver, webhook):
    webhook.is_active = False
    webhook.save()
    sell()
    deliver()
    assert receiver.bookings == []
    assert not Notice.objects.exists()
