"""`make bench`: what the operator costs and how fast it is, counted and measured from outside."""
