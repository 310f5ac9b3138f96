from django.core.serializers import pyyaml

from cinema.seats.management.loading.checks import StrictValuesMixin

Serializer = pyyaml.Serializer


class Deserializer(StrictValuesMixin, pyyaml.Deserializer):
    pass
