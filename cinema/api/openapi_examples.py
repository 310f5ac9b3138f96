"""Examples in the OpenAPI schema that Swagger UI fills into its forms."""

from typing import Any

# Required parameters. The ids are the same as in the examples of bodies.
PARAMETER_EXAMPLES: dict[str, Any] = {
    "movie_id": 1,
    "show_id": 7,
    "booking_id": 31,
    "price_list_id": 1,
    "shows": [7],
}


def complete_examples(result: dict[str, Any], generator: Any, **kwargs: Any) -> dict[str, Any]:
    """Adds examples of parameters, and removes read-only fields from those of bodies.

    drf-spectacular calls it as a postprocessing hook. A serializer has one example for both directions, and
    Swagger UI would send its read-only fields.
    """
    schemas = result["components"]["schemas"]
    for operation in (operation for path in result["paths"].values() for operation in path.values()):
        for parameter in operation.get("parameters", []):
            if parameter.get("required"):
                parameter["example"] = PARAMETER_EXAMPLES[parameter["name"]]
        for content in operation.get("requestBody", {}).get("content", {}).values():
            # A body with alternatives (`oneOf`) has no `properties`, and no read-only fields either.
            fields = schemas[content["schema"]["$ref"].rpartition("/")[2]].get("properties")
            for example in content.get("examples", {}).values() if fields else []:
                example["value"] = {name: value for name, value in example["value"].items() if name in fields}
    return result
