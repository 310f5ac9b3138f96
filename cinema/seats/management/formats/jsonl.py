from django.core.serializers import jsonl

from cinema.seats.management.fixture_checks import StrictValuesMixin

Serializer = jsonl.Serializer


class Deserializer(StrictValuesMixin, jsonl.Deserializer):
    pass
