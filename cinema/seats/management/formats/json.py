from django.core.serializers import json

from cinema.seats.management.fixture_checks import StrictValuesMixin

Serializer = json.Serializer


class Deserializer(StrictValuesMixin, json.Deserializer):
    pass
