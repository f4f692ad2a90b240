"""What a JSON-RPC client that knows nothing of MSE does: jsonrpclib as it is, over POST. Prints a line a step."""
import sys

from jsonrpclib import MultiCall, ProtocolError, ServerProxy

URL, TOKEN = sys.argv[1:]


def attempt(name, call):
    try:
        print(name, call())
    except ProtocolError as error:
        # Of an error with a message and data it makes a tuple in a tuple.
        print(name, "error", *error.args[0][:2])


plain = ServerProxy(URL)
attempt("ping", plain.ping)
attempt("start", plain.start)
attempt("nope", plain.nope)
attempt("positional", lambda: plain.auth(TOKEN, "1.0"))
attempt("auth", lambda: plain.auth(token=TOKEN, version="1.0"))
attempt("notification", lambda: plain._notify.ping())

batch = MultiCall(plain)
batch.ping()
batch.auth(token=TOKEN, version="1.0")
batch.start()
print("batch", list(batch()))

bearer = ServerProxy(URL, headers={"Authorization": "Bearer " + TOKEN})
attempt("bearer", lambda: bearer.whoami()["userId"])
