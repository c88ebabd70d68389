"""``python -m homebuy_plugin`` is the same as ``homebuy``."""

from homebuy_plugin.cli import main

main()
