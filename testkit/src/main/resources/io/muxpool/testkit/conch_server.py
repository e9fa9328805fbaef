"""An ssh server with Twisted Conch: python3 conch_server.py PORT HOST_KEY AUTHORIZED_KEYS SFTP_SERVER"""
import sys
import warnings

warnings.filterwarnings("ignore")
from twisted.conch import avatar, interfaces
from twisted.conch.checkers import InMemorySSHKeyDB, SSHPublicKeyChecker
from twisted.conch.ssh import factory, keys, session
from twisted.cred import portal
from twisted.internet import reactor
from twisted.python import components
from zope.interface import implementer

port, host_key, authorized_keys, sftp_server = int(sys.argv[1]), *sys.argv[2:5]
with open(authorized_keys, "rb") as lines:
    allowed = [keys.Key.fromString(line) for line in lines if line.strip()]


class AnyUser(dict):
    def get(self, key, default=None):
        return allowed

    def __getitem__(self, key):
        return allowed

    def __contains__(self, key):
        return True


class Avatar(avatar.ConchUser):
    def __init__(self):
        avatar.ConchUser.__init__(self)
        self.channelLookup[b"session"] = Session


class Session(session.SSHSession):
    def request_subsystem(self, data):
        name, _ = session.common.getNS(data)
        if name != b"sftp":
            return 0
        return self.request_exec(session.common.NS(b"exec " + sftp_server.encode()))


@implementer(portal.IRealm)
class Realm:
    def requestAvatar(self, avatarId, mind, *ifaces):
        return interfaces.IConchUser, Avatar(), lambda: None


@implementer(interfaces.ISession)
class Commands:
    def __init__(self, user):
        self.process = None

    def getPty(self, term, size, modes):
        raise NotImplementedError("no terminals here")

    def execCommand(self, protocol, line):
        self.process = reactor.spawnProcess(protocol, "/bin/sh", ["sh", "-c", line], env=None)

    def openShell(self, protocol):
        raise NotImplementedError("no shells here")

    def windowChanged(self, size):
        pass

    def eofReceived(self):
        if self.process is not None:
            self.process.closeStdin()

    def closed(self):
        pass


components.registerAdapter(Commands, Avatar, interfaces.ISession)

key = keys.Key.fromFile(host_key)


class Factory(factory.SSHFactory):
    publicKeys = {key.sshType(): key.public()}
    privateKeys = {key.sshType(): key}

    def getPrimes(self):
        return None


door = portal.Portal(Realm())
door.registerChecker(SSHPublicKeyChecker(InMemorySSHKeyDB(AnyUser())))
Factory.portal = door
reactor.listenTCP(port, Factory(), interface="127.0.0.1")
reactor.callWhenRunning(print, "listening", flush=True)
reactor.run()
