"""Models of the YAML that users write and read; imported by kube only."""
