"""What runs the product on one machine, with no AWS account."""
