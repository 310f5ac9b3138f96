"""Factories of users, movies, shows and bookings. Seats need none, because saving a show inserts them."""

from datetime import timedelta

import factory
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.utils import timezone

from cinema.seats.booking import services
from cinema.seats.models import Booking
from cinema.shows.models import Movie, Price, PriceList, Show

# No row has this id. PostgreSQL's sequences go on through all tests, so a row may get any small number.
UNUSED_ID = 10**9


class UserFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = get_user_model()

    username = factory.Sequence("person{}".format)
    password = "!"  # No password matches it. Tests that log in with a password sign up.

    class Params:
        staff = factory.Trait(is_staff=True)


def permit(user, *codenames):
    """Gives the user exactly these permissions, such as `view_hall`, and returns the user."""
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    return user


def permit_to_manage_shows(user):
    """Gives the user the permissions that the API requires to write movies, shows and price lists."""
    models = ("movie", "show", "pricelist")
    actions = ("add", "change", "delete")
    return permit(user, *(f"{action}_{model}" for action in actions for model in models))


class MovieFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Movie

    title = factory.Sequence("Movie {}".format)
    duration_minutes = 120


def add_price_list(prices, name="Evenings"):
    """A price list from rows `(category, kind, amount)`."""
    price_list = PriceList.objects.create(name=name)
    for category, kind, amount in prices:
        Price.objects.create(price_list=price_list, category=category, kind=kind, amount=amount)
    price_list.number_kinds()
    return price_list


class ShowFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Show

    movie = factory.SubFactory(MovieFactory)
    # Each show has its own screen, because two shows of one screen must not overlap.
    screen_name = factory.Sequence("Hall {}".format)
    date_time = factory.LazyFunction(lambda: timezone.now() + timedelta(days=1))
    total_seats = 12

    class Params:
        begun = factory.Trait(date_time=factory.LazyFunction(lambda: timezone.now() - timedelta(minutes=1)))


class BookingFactory(factory.django.DjangoModelFactory):
    """Books the seat with the service, like the API."""

    class Meta:
        model = Booking

    user = factory.SubFactory(UserFactory)
    show = factory.SubFactory(ShowFactory)
    seat_number = 1

    @classmethod
    def _create(cls, model_class, *args, **kwargs):
        booking = services.book(
            user_id=kwargs["user"].pk, show_id=kwargs["show"].pk, seat_number=kwargs["seat_number"]
        )
        return Booking.objects.get(pk=booking.pk)
