"""Types, sizes and their inference. `type` and `size` are data; inference is in `infer`."""
