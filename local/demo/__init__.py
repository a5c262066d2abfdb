"""What `make run` shows: the whole product on one machine, with no AWS account."""
