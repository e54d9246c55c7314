"""Edge to Kubernetes: doorbell, reader, status writer, events, secrets. Imports trust and engine.ports."""
