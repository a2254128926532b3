"""The stores and the proxy of a deployment, each started for a test and deleted with it.

They come from the machine's own packages, listen on loopback ports of their own, and keep what they write in
folders of their own: a server that the machine runs already is neither used nor disturbed.
"""
