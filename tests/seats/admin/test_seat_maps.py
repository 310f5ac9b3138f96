"""Seating plans and seat maps in the admin."""

import json

import pytest
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from cinema.seats.models import Booking, Seat, SeatingPlan
from tests.assertions import assert_consistent
from tests.factories import UNUSED_ID, BookingFactory, ShowFactory
from tests.seat_state import block
from tests.seats.plan_samples import PLAN, TEXT, changed, rows, without


def test_added_plan_is_drawn(admin_client, db):
    add = reverse("admin:seats_seatingplan_add")
    admin_client.post(add, {"screen_name": "Studio", "plan": TEXT})
    plan = SeatingPlan.objects.get()
    page = admin_client.get(reverse("admin:seats_seatingplan_change", args=[plan.pk])).content.decode()
    assert "9 seats" in page
    assert page.count('<g class="seat') == 9
    assert "#c9a227" in page
    assert "style=" not in page[page.index("<svg") : page.index("</svg>")]
    assert b"9" in admin_client.get(reverse("admin:seats_seatingplan_changelist")).content


def test_preview_draws_the_plan_without_saving_it(admin_client, db):
    add = reverse("admin:seats_seatingplan_add")
    page = admin_client.post(add, {"screen_name": "Studio", "plan": TEXT, "_preview": "1"}).content.decode()
    assert page.count('<g class="seat') == 9
    assert "The plan is not saved yet." in page
    assert "seat v: VIP" in page
    assert not SeatingPlan.objects.exists()


def test_plan_is_uploaded_as_a_file(admin_client, db):
    file = SimpleUploadedFile("plan.json", json.dumps(PLAN).encode())
    admin_client.post(
        reverse("admin:seats_seatingplan_add"), {"screen_name": "Studio", "plan": "", "file": file}
    )
    assert SeatingPlan.objects.get().plan == PLAN
    add = reverse("admin:seats_seatingplan_add")
    broken = SimpleUploadedFile("plan.json", b"\xff\xfe")
    form = {"screen_name": "Other", "plan": "", "file": broken}
    page = admin_client.post(add, form).content.decode()
    assert "The file is not UTF-8." in page
    nothing = {"screen_name": "Other", "plan": ""}
    assert "Enter a plan, or upload a file with a plan." in admin_client.post(add, nothing).content.decode()


def test_repeated_guids_are_renewed_if_the_box_is_ticked(admin_client, db):
    add = reverse("admin:seats_seatingplan_add")
    numbers = [(f"g{n}", n, n * 25) for n in range(1, 4)]
    form = {"screen_name": "Attic", "plan": json.dumps(rows(("A", numbers, 0), ("B", numbers, 30)))}
    page = admin_client.post(add, form).content.decode()
    assert "g1 is used twice" in page
    assert "Tick &quot;Renew guids&quot;." in page
    admin_client.post(add, form | {"renew_guids": "on"})
    assert len({place.guid for place in SeatingPlan.objects.get().places()}) == 6


@pytest.mark.parametrize(
    ("x", "y", "screen"),
    [
        (0, -60, 'x="0" y="-30" width="220" height="8"'),
        (0, 150, 'x="0" y="282" width="220" height="8"'),
        (-90, 0, 'x="-30" y="0" width="8" height="40"'),
        (190, 0, 'x="306" y="0" width="8" height="40"'),
    ],
)
def test_hall_is_drawn_with_its_areas_and_the_screen_in_front(admin_client, db, x, y, screen):
    stage = {"position": {"x": x, "y": y}, "text": {"text": "Stage", "position": {"x": 0, "y": 0}}}
    seats = [(f"g{n}", n, n * 25) for n in range(1, 6)]
    SeatingPlan.objects.create(screen_name="Theatre", plan=rows(("A", seats, 0), areas=[stage]))
    show = ShowFactory(screen_name="Theatre", total_seats=5)
    for page in (
        reverse("admin:seats_seatingplan_change", args=["Theatre"]),
        reverse("admin:seats_hall_change", args=[show.pk]),
    ):
        drawing = admin_client.get(page).content.decode()
        assert ">Stage</text>" in drawing
        assert "<title>Screen</title>" in drawing
        assert f'<rect class="screen" {screen}>' in drawing


def test_invalid_plan_is_rejected_with_the_path_of_its_fault(admin_client, plan):
    page = reverse("admin:seats_seatingplan_change", args=[plan.pk])
    bad = json.dumps(changed("zones.0.rows.1.seats.1.category", "Sofa"))
    response = admin_client.post(page, {"screen_name": "Screen 1", "plan": bad})
    assert "zones[0].rows[1].seats[1].category: no such category" in response.content.decode()
    assert SeatingPlan.objects.get().plan == PLAN


def test_stored_plan_with_faults_can_be_found_and_corrected(admin_client, plan):
    SeatingPlan.objects.update(plan=changed("zones.0.position", 7))
    fault = "zones[0].position: must have numbers x and y"
    changelist = reverse("admin:seats_seatingplan_changelist")
    assert f"no seats, because it is invalid ({fault}" in admin_client.get(changelist).content.decode()
    action = {"action": "relayout", "_selected_action": [plan.pk]}
    page = admin_client.post(changelist, action, follow=True).content.decode()
    assert f'<li class="error">The seating plan of Screen 1 has faults. Correct it first: {fault}' in page

    path = reverse("admin:seats_seatingplan_change", args=[plan.pk])
    page = admin_client.get(path)
    assert page.status_code == 200
    assert '<g class="seat' not in page.content.decode()
    page = admin_client.post(path, {"plan": json.dumps(SeatingPlan.objects.get().plan)})
    assert fault in page.content.decode()
    assert admin_client.post(path, {"plan": json.dumps(PLAN)}).status_code == 302
    assert SeatingPlan.objects.get().plan == PLAN


def test_action_lays_out_upcoming_shows_again(admin_client, plan):
    show = ShowFactory(screen_name="Screen 1", total_seats=6)
    SeatingPlan.objects.update(plan=without("c1"))
    action = {"action": "relayout", "_selected_action": [plan.pk]}
    response = admin_client.post(reverse("admin:seats_seatingplan_changelist"), action, follow=True)
    assert "1 removed" in response.content.decode()
    assert show.seats.count() == 5


class TestSeatMap:
    @pytest.fixture
    def page(self, show):
        return reverse("admin:seats_hall_change", args=[show.pk])

    def test_map_shows_every_status(self, admin_client, page, show, alice, as_alice):
        BookingFactory(user=alice, show=show, seat_number=1)
        as_alice.put(f"/shows/{show.pk}/hold/", {"seat_numbers": [2]}, format="json")
        block(show, 3, reason="broken <spring>")
        html = admin_client.get(page).content.decode()
        assert "9 available, 1 taken, 1 held, 1 blocked" in " ".join(html.split())
        for status, count in (("taken", 1), ("held", 1), ("blocked", 1), ("available", 9)):
            assert html.count(f'<g class="seat {status}">') == count
        assert "broken &lt;spring&gt;" in html
        assert html.count('type="checkbox" name="seats"') == 11
        assert b"Seat maps" in admin_client.get("/admin/").content
        assert admin_client.get(reverse("admin:seats_hall_changelist")).status_code == 200

    def test_ticked_seats_are_blocked_and_unblocked(self, admin_client, page, show, alice, anyone):
        BookingFactory(user=alice, show=show, seat_number=1)
        form = {"seats": ["1", "3", "4"], "act": "block", "reason": "house seats"}
        response = admin_client.post(page, form, follow=True).content.decode()
        assert "2 seats blocked." in response
        assert "1 seat could not be blocked" in response
        assert list(Seat.objects.filter(show=show, blocked=True).values_list("number", "block_reason")) == [
            (3, "house seats"),
            (4, "house seats"),
        ]
        response = admin_client.post(page, {"seats": ["3"], "act": "unblock"}, follow=True).content.decode()
        assert "1 seat unblocked." in response
        assert anyone.get(f"/shows/{show.pk}/availability/").json()["statuses"] == "taabaaaaaaaa"
        assert_consistent()

    @pytest.mark.parametrize("pk", ["abc", "9" * 30, "7_0"])
    def test_map_of_an_unknown_show_is_not_found(self, admin_client, pk):
        assert admin_client.get(f"/admin/seats/hall/{pk}/change/").status_code == 404

    def test_invalid_actions_and_seats_change_nothing(self, admin_client, page, show):
        admin_client.post(page, {"seats": ["1"], "act": "explode"})
        admin_client.post(page, {"seats": ["1"], "act": "block", "reason": "a\x00b"})
        assert Seat.objects.get(show=show, number=1).block_reason == "ab"
        admin_client.post(page, {"seats": ["1"], "act": "unblock"})
        admin_client.post(page, {"seats": ["x", "9" * 30, "-1", "99"], "act": "block"})
        assert not Seat.objects.filter(blocked=True).exists()
        assert admin_client.get(reverse("admin:seats_hall_change", args=[UNUSED_ID])).status_code == 404

    def test_map_and_its_actions_require_permissions(self, client, page, show, sam):
        client.force_login(sam)
        assert client.get(page).status_code == 403
        sam.user_permissions.add(Permission.objects.get(codename="view_hall"))
        assert 'type="checkbox"' not in client.get(page).content.decode()
        assert client.post(page, {"seats": ["1"], "act": "block"}).status_code == 403
        assert not Booking.objects.exists()
        assert not Seat.objects.filter(blocked=True).exists()
