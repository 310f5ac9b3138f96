"""A kept seat map is never older than the request, and kept answers need a limited amount of memory."""

import gzip
from datetime import timedelta

import pytest
from django.utils import timezone

from cinema.api.byte_cache import ByteCache
from cinema.middleware import compression
from cinema.seats.booking import services
from cinema.seats.models import Seat
from cinema.seats.seat_map import kept_maps, queries
from cinema.shows.models import Movie, Price, PriceList, Show
from tests.factories import ShowFactory
from tests.seat_state import block

pytestmark = pytest.mark.django_db


@pytest.fixture
def path(show):
    return f"/shows/{show.pk}/seats/"


def built(show):
    """The map as it is built without anything kept."""
    return queries.seat_map(queries.show_snapshot(show.pk))


@pytest.fixture
def builds(monkeypatch):
    """The ids of the shows whose maps were built."""
    shows, build = [], queries.seat_map
    monkeypatch.setattr(queries, "seat_map", lambda snapshot: shows.append(snapshot.id) or build(snapshot))
    return shows


def test_unchanged_map_is_built_once_and_sent_again(anyone, path, builds):
    first, second = anyone.get(path), anyone.get(path)
    assert len(builds) == 1
    assert (second.content, second["ETag"]) == (first.content, first["ETag"])


def test_map_after_each_kind_of_change_is_the_new_one(anyone, as_alice, alice, show, path):
    """Each change comes after a read that kept the map."""
    price_list = PriceList.objects.create(name="Evenings")
    price = Price.objects.create(price_list=price_list, position=1, kind="Adult", amount=1250)

    def expire_the_hold():
        began = timezone.now() - timedelta(minutes=10)
        Seat.objects.filter(held_by=alice.pk).update(held_since=began, held_until=began + timedelta(minutes=1))

    changes = [
        lambda: as_alice.post(f"/shows/{show.pk}/book/", {"seat_number": 1}),
        lambda: services.cancel(booking_id=alice.bookings.get().pk),
        lambda: services.hold_seats(user_id=alice.pk, show_id=show.pk, seat_numbers=[2]),
        expire_the_hold,
        lambda: block(show, 3),
        lambda: Show.objects.filter(pk=show.pk).update(format="OV"),
        lambda: Movie.objects.filter(pk=show.movie_id).update(title="Ran"),
        lambda: Show.objects.filter(pk=show.pk).update(price_list=price_list),
        lambda: Price.objects.filter(pk=price.pk).update(amount=900),
    ]
    seen = {anyone.get(path).content}
    for change in changes:
        change()
        content = anyone.get(path).content
        assert content not in seen
        seen.add(content)
        assert anyone.get(path).json() == _as_json(built(show))


def test_map_of_a_deleted_or_archived_show_is_not_sent_again(anyone, show, path):
    anyone.get(path)
    Show.objects.filter(pk=show.pk).update(archived=True)
    assert anyone.get(path).status_code == 410
    show.delete()
    assert anyone.get(path).status_code == 404


def test_compressed_map_is_kept_too(anyone, monkeypatch):
    path = f"/shows/{ShowFactory(total_seats=300).pk}/seats/"
    plain = anyone.get(path)
    first = anyone.get(path, headers={"Accept-Encoding": "gzip"})
    monkeypatch.setattr(gzip, "compress", None)
    second = anyone.get(path, headers={"Accept-Encoding": "gzip"})
    assert gzip.decompress(second.content) == plain.content
    assert second.content == first.content
    assert second["Content-Encoding"] == "gzip"


def test_nothing_is_kept_with_a_limit_of_0(anyone, path, builds, monkeypatch):
    monkeypatch.setattr(kept_maps, "_maps", ByteCache(0))
    anyone.get(path)
    anyone.get(path)
    assert len(builds) == 2


def test_kept_maps_stay_within_their_limit(anyone, monkeypatch):
    monkeypatch.setattr(kept_maps, "_maps", ByteCache(20_000))
    compressed = ByteCache(20_000)
    monkeypatch.setattr(compression, "compressed_answers", lambda: compressed)
    for show in ShowFactory.create_batch(12):
        anyone.get(f"/shows/{show.pk}/seats/", headers={"Accept-Encoding": "gzip"})
        for cache in (kept_maps._maps, compressed):
            assert 0 < cache.size <= 20_000


def test_cache_drops_the_entries_that_were_used_least_recently():
    cache = ByteCache(100)
    for key in "abcd":
        cache.put(key, key, 25)
    cache.get("a")
    cache.put("e", "e", 25)
    assert [key for key in "abcde" if cache.get(key)] == ["a", "c", "d", "e"]
    cache.put("a", "A", 20)
    assert (cache.get("a"), cache.size) == ("A", 95)
    cache.put("f", "f", 26)
    assert (cache.get("f"), cache.size) == (None, 95)
    cache.clear()
    assert (cache.get("a"), cache.size) == (None, 0)


def _as_json(body):
    import orjson

    return orjson.loads(orjson.dumps(body, default=str, option=orjson.OPT_UTC_Z))
