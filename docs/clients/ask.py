#!/usr/bin/env python3
"""Asks eventd one question over its query socket and prints the answer, one record a line.

    ./ask.py /run/eventd/query.sock 'EVENTS process.exec TAKE 3'
    ./ask.py /run/eventd/query.sock 'LOGS STREAM'            follows until it is stopped
    ./ask.py /run/eventd/query.sock 'LOGS STREAM' 5          ends after five records

Nothing but the standard library. As a module it is `ask(path, question)`, which yields records as
dictionaries. The protocol (PSD-008, section 8.8; docs/wire-protocol.md): one question per
connection; a message either way is its length as a u32, little-endian, and that many bytes of
msgpack, which are one map.
"""

import socket
import struct
import sys

FRAME_MAX = 64 << 20
LIVE = object()  # yielded once by a streaming question: what follows is happening now


class Refused(Exception):
    """eventd's one sentence about what is wrong with the question; records before it are void."""


class Message:
    """Reads msgpack values one after the other; struct.error at a cut."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, count):
        taken = self.data[self.at:self.at + count]
        if len(taken) != count:
            raise ValueError("a value is cut off")
        self.at += count
        return taken

    def number(self, form):
        return struct.unpack(">" + form, self.take(struct.calcsize(form)))[0]

    def text(self, count):
        return self.take(count).decode("utf-8", errors="replace")

    def array(self, count):
        return [self.value() for _ in range(count)]

    def map(self, count):
        return {self.key(): self.value() for _ in range(count)}

    def key(self):
        key = self.value()
        return tuple(key) if isinstance(key, list) else key

    def value(self):
        head = self.number("B")
        if head <= 0x7f:
            return head
        if head >= 0xe0:
            return head - 0x100
        if head <= 0x8f:
            return self.map(head & 0x0f)
        if head <= 0x9f:
            return self.array(head & 0x0f)
        if head <= 0xbf:
            return self.text(head & 0x1f)
        if head in (0xc0, 0xc2, 0xc3):
            return {0xc0: None, 0xc2: False, 0xc3: True}[head]
        if head in (0xca, 0xcb, *range(0xcc, 0xd4)):
            return self.number({0xca: "f", 0xcb: "d", 0xcc: "B", 0xcd: "H", 0xce: "I", 0xcf: "Q",
                                0xd0: "b", 0xd1: "h", 0xd2: "i", 0xd3: "q"}[head])
        with_length = {0xc4: (self.take, "B"), 0xc5: (self.take, "H"), 0xc6: (self.take, "I"),
                       0xd9: (self.text, "B"), 0xda: (self.text, "H"), 0xdb: (self.text, "I"),
                       0xdc: (self.array, "H"), 0xdd: (self.array, "I"),
                       0xde: (self.map, "H"), 0xdf: (self.map, "I")}
        if head not in with_length:
            raise ValueError("eventd sends no such value")
        read, form = with_length[head]
        return read(self.number(form))


def request(question):
    """{"query": question, "watch": true} in a frame."""
    text = question.encode()
    body = b"\x82" + b"\xa5query" + b"\xdb" + struct.pack(">I", len(text)) + text \
        + b"\xa5watch" + b"\xc3"
    return struct.pack("<I", len(body)) + body


def read_exactly(eventd, count):
    parts = []
    while count > 0:
        part = eventd.recv(min(count, 1 << 16))
        if not part:
            raise ConnectionError("closed before the answer was complete")
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def messages(eventd):
    while True:
        length, = struct.unpack("<I", read_exactly(eventd, 4))
        if length > FRAME_MAX:
            raise ValueError("a message is too long")
        yield Message(read_exactly(eventd, length)).value()


def ask(path, question):
    """Yields the records, and LIVE where a stream begins to be live. Close it to stop a stream."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as eventd:
        eventd.connect(path)
        try:
            eventd.sendall(request(question))
        except BrokenPipeError:
            pass  # refused before all was read; the reason can still be read
        for message in messages(eventd):
            status = message["status"]
            if status == "ok":
                yield from message["records"]
            elif status == "watch":
                yield LIVE
            elif status == "error":
                raise Refused(message["error"])
            elif status == "end":
                return


def escaped(text):
    """Control characters are escaped: what was stored must not speak to the terminal."""
    parts = []
    for c in text:
        if c in '"\\':
            parts.append("\\" + c)
        elif c < " " or "\x7f" <= c <= "\x9f":
            parts.append(f"\\x{ord(c):02x}")
        else:
            parts.append(c)
    return "".join(parts)


def shown(value):
    if value is None:
        return "nil"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, str):
        return f'"{escaped(value)}"'
    if isinstance(value, bytes):
        return f'x"{value.hex()}"'
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(shown(item) for item in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{shown(k)}: {shown(v)}" for k, v in value.items()) + "}"
    return str(value)


def line_of(record):
    if record is LIVE:
        return "-- from here on as it happens"
    return " ".join(f"{name}={shown(value)}" for name, value in record.items())


def counted(records, records_max):
    """As many records, whatever stands between them; all of them for 0."""
    taken = 0
    for record in records:
        yield record
        taken += record is not LIVE
        if taken == records_max:
            return


def main():
    if len(sys.argv) not in (3, 4):
        print("usage: ask.py SOCKET QUESTION [RECORDS]", file=sys.stderr)
        return 2
    try:
        records_max = int(sys.argv[3]) if len(sys.argv) == 4 else 0
        for record in counted(ask(sys.argv[1], sys.argv[2]), records_max):
            print(line_of(record), flush=True)
    except (Refused, ValueError) as error:
        print(f"ask: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"ask: {sys.argv[1]}: {error.strerror or error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
