"""Typed core to hypernets: every first-order construction becomes boxes, every function a bubble."""

from catad.elaborate.elaborate import elaborate

__all__ = ["elaborate"]
