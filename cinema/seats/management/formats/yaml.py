from django.core.serializers import pyyaml

from cinema.seats.management.fixture_checks import StrictValuesMixin

Serializer = pyyaml.Serializer


class Deserializer(StrictValuesMixin, pyyaml.Deserializer):
    pass
