"""Training many sub-networks at once; torch is at home here, and loaded by nobody else.

`words` computes a parent's layers for P candidates together, `network` lays masks on and thins,
`data` deals the batches out, `descent` is the optimiser and its schedule, `course` trains one group
of candidates, `groups` many groups over threads, `settings` says how.
"""
