#!/usr/bin/python3
"""A program that uses PKCS #11 in the ways that the ordinary ones do not.

pkcs11.py LIBRARY WHAT [PIN]: initializes the library, does WHAT on the JPKI token,
and prints what came of it. Nothing here is of p11-kit: the function list is laid
out as PKCS #11 2.40 has it.
"""
import ctypes
import os
import signal
import sys
import time

UL = ctypes.c_ulong
RV = {
    0: "OK", 5: "GENERAL_ERROR", 6: "FUNCTION_FAILED", 0x20: "DATA_INVALID", 0x30: "DEVICE_ERROR", 0x32: "DEVICE_REMOVED",
    0x50: "FUNCTION_CANCELED", 0x54: "FUNCTION_NOT_SUPPORTED", 0x60: "KEY_HANDLE_INVALID", 0xA0: "PIN_INCORRECT", 0xA1: "PIN_INVALID",
    0xA2: "PIN_LEN_RANGE", 0xA4: "PIN_LOCKED", 0xB3: "SESSION_HANDLE_INVALID", 0xE0: "TOKEN_NOT_PRESENT",
    0x101: "USER_NOT_LOGGED_IN", 0x150: "BUFFER_TOO_SMALL", 0x190: "CRYPTOKI_NOT_INITIALIZED",
}
NAMES = """Initialize Finalize GetInfo GetFunctionList GetSlotList GetSlotInfo GetTokenInfo GetMechanismList
GetMechanismInfo InitToken InitPIN SetPIN OpenSession CloseSession CloseAllSessions GetSessionInfo GetOperationState
SetOperationState Login Logout CreateObject CopyObject DestroyObject GetObjectSize GetAttributeValue SetAttributeValue
FindObjectsInit FindObjects FindObjectsFinal EncryptInit Encrypt EncryptUpdate EncryptFinal DecryptInit Decrypt
DecryptUpdate DecryptFinal DigestInit Digest DigestUpdate DigestKey DigestFinal SignInit Sign SignUpdate SignFinal""".split()


class List(ctypes.Structure):
    _fields_ = [("version", ctypes.c_ubyte * 2)] + [(n, ctypes.c_void_p) for n in NAMES]


class Attribute(ctypes.Structure):
    _fields_ = [("type", UL), ("value", ctypes.c_void_p), ("length", UL)]


class Mechanism(ctypes.Structure):
    _fields_ = [("type", UL), ("value", ctypes.c_void_p), ("length", UL)]


def say(*words):
    print(*words, flush=True)


class Program:
    def __init__(self, library):
        functions = ctypes.POINTER(List)()
        assert ctypes.CDLL(library).C_GetFunctionList(ctypes.byref(functions)) == 0
        self.functions = functions.contents

    def call(self, name, *args):
        function = ctypes.CFUNCTYPE(UL)(getattr(self.functions, name))
        rv = function(*args)
        return RV.get(rv, hex(rv))

    def initialize(self):
        arguments = (ctypes.c_void_p * 6)()
        arguments[4] = 2  # CKF_OS_LOCKING_OK
        return self.call("Initialize", arguments)

    def slot(self):
        n = UL(64)
        slots = (UL * 64)()
        assert self.call("GetSlotList", ctypes.c_ubyte(1), slots, ctypes.byref(n)) == "OK"
        for slot in slots[: n.value]:
            info = ctypes.create_string_buffer(512)
            if self.call("GetTokenInfo", UL(slot), info) == "OK" and info.raw[:5] == b"JPKI ":
                return slot
        return None

    def open(self):
        session = UL()
        rv = self.call("OpenSession", UL(self.slot() or 0), UL(4), None, None, ctypes.byref(session))
        return rv, session

    def key(self, session):
        value = UL(3)
        template = Attribute(0, ctypes.cast(ctypes.byref(value), ctypes.c_void_p), 8)
        found, n = UL(), UL()
        self.found = self.call("FindObjectsInit", session, ctypes.byref(template), UL(1))
        self.call("FindObjects", session, ctypes.byref(found), UL(1), ctypes.byref(n))
        self.call("FindObjectsFinal", session)
        return found

    def login(self, session, pin):
        pin = pin.encode()
        return self.call("Login", session, UL(1), pin or None, UL(len(pin)))

    def begin(self, session, key):
        return self.call("SignInit", session, ctypes.byref(Mechanism(0x40, None, 0)), key)

    def sign(self, session, room, data=b"a challenge"):
        n = UL(room)
        buffer = ctypes.create_string_buffer(max(room, 1))
        rv = self.call("Sign", session, data, UL(len(data)), buffer if room else None, ctypes.byref(n))
        return rv, n.value

    def signature(self, session):
        key = self.key(session)
        rv = self.found
        if rv == "OK":
            rv = self.begin(session, key)
        if rv == "OK":
            rv = self.sign(session, 256)[0]
        return rv


def main(library, what, pin=""):
    p = Program(library)
    say("initialize", p.initialize())
    rv, s = p.open()
    say("open", rv)
    if what == "buffers":
        say("begin", p.begin(s, p.key(s)))
        say("no room", *p.sign(s, 0))
        say("less room", *p.sign(s, 255))
        say("room", *p.sign(s, 256))
        say("again", *p.sign(s, 256))
    elif what == "pins":
        for pin in pin.split(","):
            say("login", pin, p.login(s, pin))
    elif what == "sign":
        if pin:
            say("login", p.login(s, pin))
        say("sign", p.signature(s))
    elif what == "fork":
        child = os.fork()
        if child == 0:
            say("child slots", p.call("GetSlotList", ctypes.c_ubyte(1), None, ctypes.byref(UL())))
            say("child initialize", p.initialize())
            rv, s = p.open()
            say("child sign", p.signature(s))
            os._exit(0)
        os.waitpid(child, 0)
        say("parent sign", p.signature(s))
    elif what == "wait":  # each line of standard input is a signature
        if pin:
            say("login", p.login(s, pin))
        say("sign", p.signature(s))
        for line in sys.stdin:
            if line.strip() == "open":
                say("finalize", p.call("Finalize", None))
                say("initialize", p.initialize())
                rv, s = p.open()
                say("open", rv)
            elif line.strip() == "interrupt":  # as Ctrl-C at a terminal does
                for number in signal.SIGINT, signal.SIGHUP:
                    signal.signal(number, signal.SIG_IGN)
                    os.killpg(0, number)
                time.sleep(0.3)
                say("interrupted")
            elif line.strip() == "leak":  # what it starts inherits the connection
                child = os.spawnv(os.P_NOWAIT, "/bin/sleep", ["sleep", "60"])
                say("leaked", child)
            else:
                say("sign", p.signature(s))
    say("finalize", p.call("Finalize", None))


main(*sys.argv[1:])
