from django.core.serializers import jsonl

from cinema.seats.management.formats.exact_times import ExactTimesMixin
from cinema.seats.management.loading.checks import StrictValuesMixin


class Serializer(ExactTimesMixin, jsonl.Serializer):
    pass


class Deserializer(StrictValuesMixin, jsonl.Deserializer):
    pass
