"""Makes a container in an Azurite: what its client libraries would do, without them.

Usage: container.py http://127.0.0.1:PORT NAME
"""

import base64
import email.utils
import hashlib
import hmac
import sys
import urllib.request

# The account and key that every emulator of Azure's storage has; they are in Azurite's manual.
ACCOUNT = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="


def main() -> None:
    url, name = sys.argv[1:]
    date = email.utils.formatdate(usegmt=True)
    version = "2021-08-06"
    path = f"/{ACCOUNT}/{name}"
    # Shared Key: method, eleven headers of which only the type is set, then the x-ms headers, then the resource, whose path
    # names the account twice in an emulator, and its query.
    headers = ["", "", "", "", "application/octet-stream", "", "", "", "", "", ""]
    resource = f"x-ms-date:{date}\nx-ms-version:{version}\n/{ACCOUNT}{path}\nrestype:container"
    signed = "\n".join(["PUT", *headers, resource])
    digest = hmac.new(base64.b64decode(KEY), signed.encode(), hashlib.sha256).digest()
    request = urllib.request.Request(f"{url}{path}?restype=container", data=b"", method="PUT")
    request.add_header("Content-Type", "application/octet-stream")
    request.add_header("x-ms-date", date)
    request.add_header("x-ms-version", version)
    request.add_header("Authorization", f"SharedKey {ACCOUNT}:{base64.b64encode(digest).decode()}")
    # A proxy of the environment is not for loopback.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=10) as answer:
        print(f"container {name}: {answer.status}")


main()
