"""An ssh server with paramiko: python3 paramiko_server.py PORT HOST_KEY AUTHORIZED_KEYS SFTP_SERVER"""
import socket
import subprocess
import sys
import threading
import warnings

warnings.filterwarnings("ignore")
import paramiko

port, host_key, authorized_keys, sftp_server = int(sys.argv[1]), *sys.argv[2:5]
with open(authorized_keys) as lines:
    allowed = [line.split()[1] for line in lines if line.strip()]


class Server(paramiko.ServerInterface):
    def get_allowed_auths(self, username):
        return "publickey"

    def check_auth_publickey(self, username, key):
        return paramiko.AUTH_SUCCESSFUL if key.get_base64() in allowed else paramiko.AUTH_FAILED

    def check_channel_request(self, kind, chanid):
        return paramiko.OPEN_SUCCEEDED if kind == "session" else paramiko.OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED

    def check_channel_exec_request(self, channel, command):
        threading.Thread(target=run, args=(channel, ["/bin/sh", "-c", command]), daemon=True).start()
        return True

    def check_channel_subsystem_request(self, channel, name):
        if name != "sftp":
            return False
        threading.Thread(target=run, args=(channel, [sftp_server]), daemon=True).start()
        return True


def copy(source, send):
    while True:
        data = source.read1(32768)
        if not data:
            return
        try:
            send(data)
        except OSError:
            return


def feed(channel, child):
    try:
        while True:
            data = channel.recv(32768)
            if not data:
                break
            child.stdin.write(data)
            child.stdin.flush()
    except OSError:
        pass
    try:
        child.stdin.close()
    except OSError:
        pass


def run(channel, words):
    pipe = subprocess.PIPE
    child = subprocess.Popen(words, stdin=pipe, stdout=pipe, stderr=pipe, start_new_session=True)
    threading.Thread(target=feed, args=(channel, child), daemon=True).start()
    errors = threading.Thread(target=copy, args=(child.stderr, channel.sendall_stderr), daemon=True)
    errors.start()
    copy(child.stdout, channel.sendall)
    errors.join()
    status = child.wait()
    # It has no message for a death by signal; a shell would say 128 and the number.
    channel.send_exit_status(status if status >= 0 else 128 - status)
    channel.close()


def serve(connection):
    transport = paramiko.Transport(connection)
    transport.add_server_key(paramiko.Ed25519Key.from_private_key_file(host_key))
    try:
        transport.start_server(server=Server())
        # A channel that nothing refers to is closed by paramiko.
        channels = []
        while transport.is_active():
            channels = [channel for channel in channels if not channel.closed]
            channel = transport.accept(5)
            if channel is not None:
                channels.append(channel)
    except (paramiko.SSHException, EOFError, OSError):
        pass
    finally:
        transport.close()


listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(("127.0.0.1", port))
listener.listen(100)
print("listening", flush=True)
while True:
    accepted, _ = listener.accept()
    threading.Thread(target=serve, args=(accepted,), daemon=True).start()
