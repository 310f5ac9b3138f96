"""API views of price lists, for staff."""

from typing import Any

from django.db import transaction
from django.db.models import ProtectedError
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_serializer, extend_schema_view
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from cinema.api.fields import JsonInForms, WholeNumberField
from cinema.shows.exceptions import PriceListInUse
from cinema.shows.limits import MAX_AMOUNT, MAX_PRICES
from cinema.shows.models import Price, PriceList
from cinema.shows.screens import lock_programme
from cinema.shows.views import PublicReadView


class PricesSerializer(JsonInForms, serializers.ListSerializer):
    pass


class PriceSerializer(serializers.ModelSerializer):
    amount = WholeNumberField(
        min_value=0,
        max_value=MAX_AMOUNT,
        help_text="In the smallest unit of the currency: 1250 is 12.50 EUR.",
    )

    class Meta:
        model = Price
        fields = ["category", "kind", "amount"]
        list_serializer_class = PricesSerializer

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Requires whole prices in a PATCH of their list too. DRF itself requires no field of it."""
        if missing := [name for name in ("kind", "amount") if name not in attrs]:
            raise serializers.ValidationError({name: ["This field is required."] for name in missing})
        return attrs


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A price list",
            {
                "id": 1,
                "name": "Evenings",
                "prices": [
                    {"category": "Premium", "kind": "Adult", "amount": 1550},
                    {"category": "", "kind": "Adult", "amount": 1250},
                    {"category": "", "kind": "Child", "amount": 900},
                ],
            },
        )
    ]
)
class PriceListSerializer(serializers.ModelSerializer):
    prices: Any = PriceSerializer(
        many=True,
        allow_empty=False,
        max_length=MAX_PRICES,  # type: ignore[call-arg]
        help_text="The first kind is the default.",
    )

    class Meta:
        model = PriceList
        fields = ["id", "name", "prices"]

    def validate_prices(self, prices: list[dict[str, Any]]) -> list[dict[str, Any]]:
        keys = [(price.get("category", ""), price["kind"]) for price in prices]
        if len(keys) > len(set(keys)):
            raise serializers.ValidationError("Give each kind one price in each category.")
        return prices

    def create(self, validated_data: dict[str, Any]) -> PriceList:
        prices = validated_data.pop("prices")
        price_list = PriceList.objects.create(**validated_data)
        _insert_prices(price_list, prices)
        return price_list

    def update(self, price_list: PriceList, validated_data: dict[str, Any]) -> PriceList:
        """Replaces all prices, so that a sale finds either the old ones or the new ones."""
        prices = validated_data.pop("prices", None)
        super().update(price_list, validated_data)
        if prices is not None:
            price_list.prices.all().delete()
            _insert_prices(price_list, prices)
        return PriceList.objects.get(pk=price_list.pk)


def _insert_prices(price_list: PriceList, prices: list[dict[str, Any]]) -> None:
    kinds = list(dict.fromkeys(price["kind"] for price in prices))
    Price.objects.bulk_create(
        Price(price_list=price_list, position=kinds.index(price["kind"]) + 1, **price) for price in prices
    )


class PriceListView(PublicReadView):
    """Reads and writes are for staff. A write needs the permission too."""

    queryset = PriceList.objects.prefetch_related("prices")
    serializer_class = PriceListSerializer
    lookup_url_kwarg = "price_list_id"

    def _is_public(self) -> bool:
        return self.request.method not in self.allowed_methods


@extend_schema(tags=["Price lists"])
@extend_schema_view(
    get=extend_schema(summary="List the price lists (staff)"),
    post=extend_schema(
        summary="Add a price list (staff)",
        description="An empty `category` means any other category. Shows use the list by their `price_list`.",
    ),
)
class PriceLists(PriceListView, generics.ListCreateAPIView):
    problems = {"GET": [serializers.ValidationError]}

    @transaction.atomic
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        lock_programme()  # Before the validation, so that no other call takes the name in between.
        return super().create(request, *args, **kwargs)


@extend_schema(tags=["Price lists"])
@extend_schema_view(
    get=extend_schema(summary="Get a price list (staff)"),
    patch=extend_schema(
        summary="Change a price list (staff)",
        description="`prices` replaces all prices of the list. Bookings keep the price at their sale.",
    ),
    delete=extend_schema(summary="Delete a price list that no show has (staff)"),
)
class PriceListDetail(PriceListView, generics.RetrieveUpdateDestroyAPIView):
    problems = {"DELETE": [PriceListInUse]}

    @transaction.atomic
    def update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        lock_programme()
        return super().update(request, *args, **kwargs)

    def perform_destroy(self, instance: PriceList) -> None:
        try:
            super().perform_destroy(instance)
        except ProtectedError:
            raise PriceListInUse() from None
