"""Small programs with the values they must give."""
