from django.core.serializers import json

from cinema.seats.management.formats.exact_times import ExactTimesMixin
from cinema.seats.management.loading.checks import StrictValuesMixin


class Serializer(ExactTimesMixin, json.Serializer):
    pass


class Deserializer(StrictValuesMixin, json.Deserializer):
    pass
