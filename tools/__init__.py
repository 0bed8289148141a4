"""Tools of development: how data of the package came about."""
