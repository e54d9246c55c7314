"""What the operator told of servers and trusts, as values for people. Pure: nothing is asked, no clock is read."""
