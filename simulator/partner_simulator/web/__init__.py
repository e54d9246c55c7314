"""HTTPS on loopback: metadata documents, EWS and Autodiscover, and what can be wrong with them."""
