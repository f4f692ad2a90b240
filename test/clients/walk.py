"""The walk of a plain MSE 1.0 client, with the websockets library as it is. Prints a line a step."""
import asyncio
import json
import sys

import websockets

URL, TOKEN = sys.argv[1:]


async def main():
    async with websockets.connect(URL) as socket:
        async def call(message_id, method, params=None):
            message = {"jsonrpc": "2.0", "id": message_id, "method": method}
            if params is not None:
                message["params"] = params
            await socket.send(json.dumps(message))
            answer = json.loads(await socket.recv())
            print(method, json.dumps(answer.get("result", answer.get("error"))))

        await call(1, "ping")
        await call(2, "start")
        await call(3, "auth", {"token": TOKEN, "version": "1.0"})
        await call(4, "start")
        await call("five", "whoami")
        await socket.send(json.dumps({"jsonrpc": "2.0", "method": "chat", "params": {"to": [], "message": "hello from Python"}}))
        await socket.send(json.dumps({"jsonrpc": "2.0", "id": None, "method": "disconnect"}))
        try:
            await socket.recv()
        except websockets.ConnectionClosed as closed:
            print("closed", closed.code)


asyncio.run(main())
