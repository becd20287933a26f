"""What things are: the records that travel between steps and the tables they end up in."""
