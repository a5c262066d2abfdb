"""`python -m deployment_notifier_cli` is `deployment-notifier`."""

from deployment_notifier_cli.app import main

if __name__ == "__main__":
    main()
