"""Serves moto's S3 on a free port of loopback, one request at a time, and prints where.

moto looks at If-Match in one step and writes in another, with no lock around both: of two saves at once it sometimes
takes both, which S3 never does. Its `moto_server` serves on several threads, so the race of writers lost updates there.
"""

import threading

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server


def main() -> None:
    moto = DomainDispatcherApplication(create_backend_app)
    turn = threading.Lock()

    def one_at_a_time(environ, start_response):
        with turn:
            return list(moto(environ, start_response))

    server = make_server("127.0.0.1", 0, one_at_a_time, threaded=True, request_handler=MotoRequestHandler)
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()


main()
