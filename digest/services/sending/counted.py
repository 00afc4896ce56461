"""What all results about a sending share: how the counts of its deliveries appear in JSON."""

from typing import Any

from pydantic import SerializerFunctionWrapHandler, model_serializer

from digest.services.result import Result


class CountedResult(Result):
    """A result with a field `accounting`; in JSON its counts stand beside the other keys.

    They come where the field stands. `accounting` may be None: nothing was sent yet.
    """

    @model_serializer(mode="wrap")
    def _flat(self, serialise: SerializerFunctionWrapHandler) -> dict[str, Any]:
        flat: dict[str, Any] = {}
        for key, value in serialise(self).items():
            flat |= (value or {}) if key == "accounting" else {key: value}
        return flat
