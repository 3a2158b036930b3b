"""What nets mean: by NumPy (`reference`), exactly (`exact`), as formulas (`symbolic`) and as machine code (`llvm`)."""
