"""`python -m demo`: what `make demo` calls."""

import sys

from demo.play import main

sys.exit(main(sys.argv[1:]))
