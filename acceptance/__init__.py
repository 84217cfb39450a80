"""What `make acceptance` runs: counterparts made by others judge what this system made, and it judges theirs."""
