"""One server's loop: worker, one pass, schedule and backoff, claims; ports that the edges implement."""
