"""Functions in other libraries: `catad.interop.jax`, `catad.interop.torch`, `catad.interop.importer`.

Each module imports its library when it is imported itself, and none is needed for anything else.
"""
