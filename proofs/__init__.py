"""Proofs by example: what derivatives and passes must obey, examined on given and on random programs.

    catad prove FILE                                            the definitions of a file
    python -m catad.proofs --programs N --nets N --mutants      random ones, and wrong rules made on purpose
"""
