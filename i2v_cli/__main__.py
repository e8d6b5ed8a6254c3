"""`python -m i2v_cli` is `i2v`."""

from i2v_cli.cli.app import main

if __name__ == "__main__":
    main()
