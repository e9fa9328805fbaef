"""An ssh server with asyncssh: python3 asyncssh_server.py PORT HOST_KEY AUTHORIZED_KEYS SFTP_SERVER"""
import asyncio
import os
import signal
import subprocess
import sys
import warnings

warnings.filterwarnings("ignore")
import asyncssh

port, host_key, authorized_keys, sftp_server = int(sys.argv[1]), *sys.argv[2:5]


def signal_received(self, name):
    child = getattr(self, "child", None)
    if child is not None and child.returncode is None:
        try:
            os.killpg(child.pid, getattr(signal, "SIG" + name))
        except (ProcessLookupError, AttributeError):
            pass


asyncssh.process.SSHServerProcess.signal_received = signal_received


async def copy(source, sink):
    while True:
        data = await source.read(32768)
        if not data:
            return
        sink.write(data)
        await sink.drain()


async def feed(process, child):
    try:
        while True:
            data = await process.stdin.read(32768)
            if not data:
                break
            child.stdin.write(data)
            await child.stdin.drain()
    except (BrokenPipeError, ConnectionResetError, asyncssh.Error):
        pass
    child.stdin.close()


async def run(process):
    words = ["/bin/sh", "-c", process.command or "exit 1"]
    child = await asyncio.create_subprocess_exec(
        *words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    )
    process.child = child
    feeding = asyncio.ensure_future(feed(process, child))
    await asyncio.gather(copy(child.stdout, process.stdout), copy(child.stderr, process.stderr))
    status = await child.wait()
    feeding.cancel()
    if status < 0:
        process.exit_with_signal(signal.Signals(-status).name[3:])
    else:
        process.exit(status)


async def main():
    await asyncssh.listen(
        "127.0.0.1",
        port,
        server_host_keys=[host_key],
        authorized_client_keys=authorized_keys,
        process_factory=run,
        sftp_factory=True,
        encoding=None,
    )
    print("listening", flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
