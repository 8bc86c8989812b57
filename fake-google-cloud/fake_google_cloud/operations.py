"""Long-running operations, of whichever service began them."""

from __future__ import annotations

from collections.abc import Callable

from google.longrunning import operations_pb2

from fake_google_cloud.errors import not_found
from fake_google_cloud.messages import AnyMessage, to_protobuf
from fake_google_cloud.rpc import Service, rpc


class Operations(Service):
    """The operations by name."""

    service = "google.longrunning.Operations"

    def __init__(self) -> None:
        self._operations: dict[str, Callable[[], operations_pb2.Operation]] = {}

    def add(
        self, name: str, current: Callable[[], operations_pb2.Operation]
    ) -> operations_pb2.Operation:
        """Keep an operation, and return it as it is now."""
        self._operations[name] = current
        return current()

    def add_done(
        self, name: str, metadata: AnyMessage, response: AnyMessage
    ) -> operations_pb2.Operation:
        """Keep an operation that was over as soon as it began, and return it."""
        operation = operations_pb2.Operation(name=name, done=True)
        operation.metadata.Pack(to_protobuf(metadata))
        operation.response.Pack(to_protobuf(response))
        return self.add(name, lambda: operation)

    @rpc(
        "",
        "GET /v1/{name=operations/**}",
        "GET /v1/{name=projects/*/locations/*/operations/*}",
    )
    def get_operation(
        self, request: operations_pb2.GetOperationRequest
    ) -> operations_pb2.Operation:
        """Give an operation as it is now."""
        if request.name not in self._operations:
            raise not_found(f"Operation not found: {request.name}")
        return self._operations[request.name]()
