"""The standard library: the prelude, in scope everywhere, and the modules that are imported as `std/…`."""
