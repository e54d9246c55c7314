"""What is measured, and where it is scraped: the state of the operator and of its objects, as Prometheus reads it."""
