"""The stage that demo and end-to-end tests share: control plane, simulated servers, operator process."""
