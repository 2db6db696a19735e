"""Calls one function of a Python module: what a `module` workload of Master Control runs.

Started as `python3 -u module_runner.py MODULE ENTRY_POINT`, with the folder that modules are imported from in
MCTL_MODULE_ROOT and the keyword arguments as JSON in MCTL_MODULE_PARAMS. Works with Python 3.9 and later and needs the
standard library only. A function that raises ends the process with a traceback on standard error and status 1.
"""
import importlib
import inspect
import json
import os
import sys


def main():
    module_name, entry_point = sys.argv[1:3]
    # The module's children need neither; the parameters may be secret.
    root = os.environ.pop("MCTL_MODULE_ROOT", "")
    parameters = json.loads(os.environ.pop("MCTL_MODULE_PARAMS", "{}"))
    # The first entry is the folder of this file, in which a module could be found by mistake.
    sys.path[0] = root or os.getcwd()
    sys.argv = [module_name]
    function = importlib.import_module(module_name)
    for name in entry_point.split("."):
        function = getattr(function, name)
    result = function(**parameters)
    if inspect.isawaitable(result):
        import asyncio

        async def wait():
            return await result

        asyncio.run(wait())


if __name__ == "__main__":
    main()
