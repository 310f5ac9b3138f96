"""Price lists: staff manage them, shows have them, and the seat map and the programme tell what seats cost."""

import json

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from cinema.shows.models import Price, PriceList, Show
from tests.admin_forms import show_form
from tests.assertions import assert_invalid, assert_problem
from tests.concurrency import run_concurrently
from tests.conftest import FORMS, Caller
from tests.factories import ShowFactory, add_price_list, permit

pytestmark = pytest.mark.django_db

PRICES = [
    {"category": "Premium", "kind": "Adult", "amount": 1550},
    {"category": "Premium", "kind": "Child", "amount": 1200},
    {"category": "", "kind": "Child", "amount": 900},
    {"category": "", "kind": "Adult", "amount": 1250},
]
ROWS = [tuple(price.values()) for price in PRICES]
BODY = {"name": "Evenings", "prices": PRICES}


def test_staff_add_read_change_and_delete_a_price_list(as_staff):
    added = as_staff.post("/price-lists/", BODY)
    assert added.status_code == 201
    path = f"/price-lists/{added.json()['id']}/"
    assert added.json() == as_staff.get(path).json() == {"id": added.json()["id"], **BODY}
    assert as_staff.get("/price-lists/").json()["results"] == [added.json()]

    renamed = as_staff.patch(path, {"name": "Matinees"}).json()
    assert renamed == added.json() | {"name": "Matinees"}
    prices = [{"category": "", "kind": "Senior", "amount": 0}]
    assert as_staff.patch(path, {"prices": prices}).json() == renamed | {"prices": prices}
    assert as_staff.get(path).json() == renamed | {"prices": prices}
    assert as_staff.delete(path).status_code == 204
    assert not Price.objects.exists()
    assert_problem(as_staff.get(path), 404, "not_found")


def test_category_may_be_left_out(as_staff):
    prices = [{"kind": "Adult", "amount": "1250"}]
    assert as_staff.post("/price-lists/", {"name": "A", "prices": prices}).json()["prices"] == [
        {"category": "", "kind": "Adult", "amount": 1250}
    ]


def _as_parts(prices):
    return {f"prices[{n}]{name}": value for n, price in enumerate(prices) for name, value in price.items()}


@pytest.mark.parametrize("encode", FORMS)
@pytest.mark.parametrize(
    "write",
    [
        lambda prices: {"prices": json.dumps(prices)},
        lambda prices: {"prices": [json.dumps(price) for price in prices]},
        _as_parts,
    ],
    ids=["one text", "a text for each price", "flat names"],
)
def test_form_has_the_same_prices_as_json(as_staff, encode, write):
    added = as_staff.post("/price-lists/", **encode({"name": "A", **write(PRICES)})).json()
    assert added["prices"] == PRICES
    path = f"/price-lists/{added['id']}/"
    changed = as_staff.generic("PATCH", path, **encode(write(PRICES[:1]))).json()
    assert changed == added | {"prices": PRICES[:1]}
    assert as_staff.generic("PATCH", path, **encode({"prices": "", "name": "B"})).json() == changed | {
        "name": "B"
    }


@pytest.mark.parametrize("encode", FORMS)
@pytest.mark.parametrize("prices", ["Adult", "[", "[]", "{}", "[1]", '[{"kind": "Adult"}]', "NaN", "null"])
def test_invalid_prices_of_a_form_are_refused(as_staff, encode, prices):
    own = add_price_list(ROWS)
    for answer in (
        as_staff.post("/price-lists/", **encode({"name": "A", "prices": prices})),
        as_staff.generic("PATCH", f"/price-lists/{own.pk}/", **encode({"prices": prices})),
    ):
        body = assert_problem(answer, 400, "invalid")
        assert all(field.startswith("prices") for field in body["errors"])
    assert Price.objects.count() == 4


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"name": "Taken"}, "name"),
        ({"prices": []}, "prices"),
        ({"prices": "Adult"}, "prices"),
        ({"prices": [PRICES[0], PRICES[0]]}, "prices"),
        ({"prices": [PRICES[0] | {"kind": ""}]}, "prices.0.kind"),
        ({"prices": [PRICES[0] | {"kind": "x" * 51}]}, "prices.0.kind"),
        ({"prices": [PRICES[0] | {"category": "x" * 101}]}, "prices.0.category"),
        *(
            ({"prices": [PRICES[0] | {"amount": amount}]}, "prices.0.amount")
            for amount in (-1, 12.5, "1e3", 10**9 + 1, None)
        ),
        ({"prices": [{"kind": "Adult"}]}, "prices.0.amount"),
        ({"prices": [{"kind": f"Kind {n}", "amount": 1} for n in range(501)]}, "prices"),
    ],
)
def test_invalid_price_list_is_refused_and_changes_nothing(as_staff, change, field):
    add_price_list(ROWS[:1], "Taken")
    own = add_price_list(ROWS, "Own")
    assert_invalid(as_staff.post("/price-lists/", BODY | change), field)
    assert_invalid(as_staff.patch(f"/price-lists/{own.pk}/", change), field)
    assert PriceList.objects.count() == 2
    assert Price.objects.count() == 5


def test_price_lists_are_for_staff_and_writes_need_the_permission(anyone, as_alice, sam):
    own = add_price_list(ROWS)
    paths = ["/price-lists/", f"/price-lists/{own.pk}/"]
    as_sam = Caller(permit(sam, "change_pricelist"))
    for path in paths:
        assert_problem(anyone.get(path), 401, "not_authenticated")
        assert_problem(as_alice.get(path), 403, "permission_denied")
        assert as_sam.get(path).status_code == 200
    assert_problem(as_sam.post(paths[0], BODY), 403, "permission_denied")
    assert_problem(as_sam.delete(paths[1]), 403, "permission_denied")
    assert as_sam.patch(paths[1], {"name": "B"}).status_code == 200
    assert_problem(anyone.put(paths[1]), 405, "method_not_allowed")


def test_list_that_a_show_has_is_not_deleted(as_staff, show):
    own = add_price_list(ROWS)
    path = f"/shows/{show.pk}/"
    assert as_staff.patch(path, {"price_list": own.pk}).json()["price_list"] == own.pk
    assert_problem(as_staff.delete(f"/price-lists/{own.pk}/"), 409, "price_list_in_use")
    assert as_staff.patch(path, {"price_list": None}).json()["price_list"] is None
    assert as_staff.delete(f"/price-lists/{own.pk}/").status_code == 204
    assert_invalid(as_staff.patch(path, {"price_list": own.pk}), "price_list")


def test_shows_tell_their_list_and_the_least_price(as_staff, anyone, show, django_assert_num_queries):
    own = add_price_list(ROWS)
    body = {"screen_name": "Annex", "date_time": "2031-01-01T18:00Z", "total_seats": 3, "price_list": own.pk}
    added = as_staff.post(f"/movies/{show.movie_id}/shows/", body).json()
    assert (added["price_list"], added["price_from"]) == (own.pk, 900)
    for path in ("/shows/", f"/movies/{show.movie_id}/shows/"):
        with django_assert_num_queries(2):
            results = anyone.get(path).json()["results"]
        assert [(row["price_list"], row["price_from"]) for row in results] == [(None, None), (own.pk, 900)]
    assert anyone.get(f"/shows/{added['id']}/").json() == added


def seat_map(anyone, show, **headers):
    return anyone.get(f"/shows/{show.pk}/seats/", headers=headers)


def test_map_has_the_prices_of_the_categories_of_its_hall(anyone, show):
    assert seat_map(anyone, show).json()["prices"] is None
    Show.objects.update(price_list=add_price_list(ROWS))
    show.seats.filter(number=1).update(category="Premium")
    show.seats.filter(number=2).update(category="Box")
    others = {"Adult": 1250, "Child": 900}
    category = show.seats.get(number=3).category
    assert seat_map(anyone, show).json()["prices"] == {
        "currency": "EUR",
        "kinds": ["Adult", "Child"],
        "by_category": {"Premium": {"Adult": 1550, "Child": 1200}, "Box": others, category: others},
    }
    Price.objects.filter(category="").delete()
    assert seat_map(anyone, show).json()["prices"]["by_category"]["Box"] == {}
    Price.objects.all().delete()
    assert seat_map(anyone, show).json()["prices"]["kinds"] == []


def test_every_change_of_the_prices_sends_the_map_again(anyone, show, settings):
    """Also a change that did not go through the API."""
    own = add_price_list(ROWS)

    def set_currency():
        settings.CURRENCY = "CHF"

    etags = [seat_map(anyone, show)["ETag"]]
    for change in (
        lambda: Show.objects.update(price_list=own),
        lambda: Price.objects.filter(amount=900).update(amount=901),
        lambda: Price.objects.filter(amount=901).update(amount=902),
        lambda: Price.objects.filter(amount=902).update(kind="Kid"),
        lambda: Price.objects.filter(kind="Kid").update(position=0),
        lambda: Price.objects.filter(kind="Kid").delete(),
        lambda: Show.objects.update(price_list=add_price_list([], "Empty")),
        set_currency,
    ):
        change()
        answer = seat_map(anyone, show, **{"If-None-Match": etags[-1]})
        assert answer.status_code == 200, etags
        etags.append(answer["ETag"])
        assert seat_map(anyone, show, **{"If-None-Match": etags[-1]}).status_code == 304
    assert len(set(etags)) == len(etags)


@pytest.mark.parametrize(
    "change", [{"amount": -1}, {"amount": 10**9 + 1}, {"kind": ""}, {"category": "", "kind": "Adult"}]
)
def test_database_rejects_an_invalid_price(change):
    add_price_list(ROWS)
    with pytest.raises(IntegrityError), transaction.atomic():
        Price.objects.update(**change)


def test_admin_numbers_the_kinds_of_a_list(admin_client, show):
    form = {"name": "Evenings", "prices-TOTAL_FORMS": 3, "prices-INITIAL_FORMS": 0}
    for place, (category, kind, amount, position) in enumerate(
        [("Box", "Child", 900, 2), ("", "Adult", 1250, 1), ("", "Child", 800, 7)]
    ):
        fields = {"category": category, "kind": kind, "amount": amount, "position": position}
        form |= {f"prices-{place}-{name}": value for name, value in fields.items()}
    page = admin_client.post(reverse("admin:shows_pricelist_add"), form)
    assert page.status_code == 302
    own = PriceList.objects.get()
    assert list(own.prices.values_list("kind", "position")) == [("Child", 2), ("Adult", 1), ("Child", 2)]
    assert admin_client.get(reverse("admin:shows_pricelist_changelist")).status_code == 200
    Show.objects.update(price_list=own)
    page = admin_client.post(reverse("admin:shows_pricelist_delete", args=[own.pk]), {"post": "yes"})
    assert PriceList.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_lists_never_get_one_name(sam):
    boss = permit(sam, "add_pricelist")
    answers = run_concurrently([lambda: Caller(boss).post("/price-lists/", BODY).status_code for _ in range(4)])
    assert sorted(answers) == [201, 400, 400, 400]


@pytest.mark.django_db(transaction=True)
def test_list_is_not_deleted_while_a_show_gets_it(sam):
    boss = permit(sam, "add_show", "delete_pricelist")
    show = ShowFactory()
    body = {"screen_name": "Annex", "total_seats": 3}
    for day in range(1, 6):
        own = add_price_list(ROWS, f"List {day}")
        new = body | {"date_time": f"2031-01-0{day}T18:00Z", "price_list": own.pk}
        added, deleted = run_concurrently(
            [
                lambda new=new: Caller(boss).post(f"/movies/{show.movie_id}/shows/", new).status_code,
                lambda own=own: Caller(boss).delete(f"/price-lists/{own.pk}/").status_code,
            ]
        )
        assert (added, deleted) in {(201, 409), (400, 204)}


def test_week_of_shows_gets_the_list_and_copies_keep_it(admin_client, show):
    own = add_price_list(ROWS)
    week = {
        "movie": show.movie_id,
        "screen_name": "Annex",
        "total_seats": 3,
        "price_list": own.pk,
        "first_day": "2040-01-02",
        "days": 2,
        "times": "14:00",
    }
    admin_client.post("/admin/shows/show/week/", week)
    admin_client.post("/admin/shows/show/copy-week/", {"from_day": "2040-01-02", "to_day": "2040-01-09"})
    assert list(Show.objects.filter(screen_name="Annex").values_list("price_list", flat=True)) == [own.pk] * 4


@pytest.mark.parametrize("with_list", [True, False])
def test_form_of_a_show_sets_and_removes_its_list(admin_client, show, with_list):
    own = add_price_list(ROWS)
    Show.objects.update(price_list=None if with_list else own)
    form = show_form(show, price_list=own.pk if with_list else "")
    admin_client.post(reverse("admin:shows_show_change", args=[show.pk]), form)
    assert Show.objects.get().price_list == (own if with_list else None)
