"""`deployment-notifier`: the operator's command line.

It uses the table, the rules and the words of the function's package, which knows nothing of it.
"""
