"""`python -m catad` is the command `catad`."""

import sys

from catad.cli import main

sys.exit(main())
