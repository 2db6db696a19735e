"""A new service is written beside the folder that is scanned, and moved into it when it is whole."""

import os


def scanned(peer, folder):
    waiting = peer.path("new")
    for name in os.listdir(waiting):
        os.rename(os.path.join(waiting, name), peer.path(folder, name))
