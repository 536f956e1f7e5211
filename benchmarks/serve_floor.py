"""Serve the floor on the service's own server: python -m benchmarks.serve_floor --port N --workers N"""

from __future__ import annotations

import argparse

from benchmarks.floor import app
from cds_service.server import run

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--workers", type=int, default=1)
    arguments = parser.parse_args()
    run(app, "127.0.0.1", arguments.port, arguments.workers)
