"""`deployment-notifier`: the operator's command line.

It uses the shapes, rules and words of the function's package; the function knows nothing of it.
"""
