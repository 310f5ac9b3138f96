import json
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.core.serializers import xml_serializer
from django.core.serializers.xml_serializer import getInnerText
from django.db import models

from cinema.seats.management.loading.checks import check_node
from cinema.seats.management.loading.errors import FixtureError

Serializer = xml_serializer.Serializer


class Deserializer(xml_serializer.Deserializer):
    """XML has no types, so only texts that Django can't parse are refused."""

    def _handle_object(self, node: Any) -> Any:
        model = self._get_model_from_node(node, "model")  # type: ignore[attr-defined]
        pk: Any = node.getAttribute("pk") if node.hasAttribute("pk") else None
        if pk and isinstance(model._meta.pk, models.CompositePrimaryKey):
            pk = _from_json(model, pk, "pk", pk)
        fields = {
            field_node.getAttribute("name"): _value(model, pk, field_node)
            for field_node in node.getElementsByTagName("field")
        }
        check_node(
            {"model": model._meta.label, "pk": pk, "fields": fields}, ignore_unknown=self.ignore, is_typed=False
        )
        obj = super()._handle_object(node)  # type: ignore[misc]
        obj.names_in_file = set(fields)
        return obj


def _value(model: type[models.Model], pk: str | None, field_node: Any) -> Any:
    """The value of a `<field>` as the other formats have it, but with all numbers as texts."""
    if field_node.getElementsByTagName("None"):
        return None
    if objects := field_node.getElementsByTagName("object"):
        return [_key(node) or node.getAttribute("pk") for node in objects]
    name, text = field_node.getAttribute("name"), getInnerText(field_node).strip()
    try:
        field = model._meta.get_field(name)
    except FieldDoesNotExist:
        return text
    if field.many_to_many:
        return []
    if isinstance(field, models.JSONField):
        return _from_json(model, pk, name, text)
    return _key(field_node) or text


def _from_json(model: type[models.Model], pk: str | None, field: str, text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise FixtureError(model._meta.label_lower, pk, field, f"Is not JSON: {error}") from error


def _key(node: Any) -> list[str]:
    """The natural key in a node."""
    return [getInnerText(part).strip() for part in node.getElementsByTagName("natural")]
