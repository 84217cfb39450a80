"""What schemathesis does not know by itself: how lines of uploads are sent. Loaded through SCHEMATHESIS_HOOKS."""
import schemathesis


@schemathesis.serializer("application/x-ndjson", "application/x-tar")
def octets(context, value):
    return value if isinstance(value, bytes) else str(value).encode()
