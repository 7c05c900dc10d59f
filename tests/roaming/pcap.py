#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Reads a capture of an Ethernet link and understands as much of it as the roaming tests ask about: Neighbour Discovery,
the Mobility Header, the Home Address option, the type 2 routing header, tunnels. A check of its own, so it shares
nothing with the daemon.

    pcap.py FILE EXPRESSION     one line for each packet for which the Python expression holds; the packet is p, addresses are text
    pcap.py --count FILE EXPRESSION
"""

import socket
import struct
import sys

ICMP6 = {1: "unreach", 2: "toobig", 3: "timex", 4: "paramprob", 128: "echo", 129: "reply", 133: "rs", 134: "ra", 135: "ns", 136: "na",
         144: "dhaadrequest", 145: "dhaadreply", 146: "mps", 147: "mpa"}
MH = ["brr", "hoti", "coti", "hot", "cot", "bu", "ba", "be"]


def text(data):
    return socket.inet_ntop(socket.AF_INET6, data)


def mac(data):
    return data.hex(":")


class Packet:
    """One IPv6 packet. kind is "ra", "ns", "bu", "ba", "udp", "tcp", ... or ""; what does not apply is None."""

    def __init__(self, time, frame):
        self.time = time
        self.eth_dst, self.eth_src = mac(frame[0:6]), mac(frame[6:12])
        self.kind, self.hoa, self.rt2, self.inner = "", None, None, None
        self.target = self.lladdr = self.flags = self.seq = self.lifetime = self.status = self.coa = self.mtu = None
        self.sport = self.dport = None
        self.prefixes = []
        self.mnps = []  # mobile network prefixes of a Binding Update
        self.agents = None  # of a DHAAD reply, in order; seq is its identifier, as of mobile prefix discovery
        self.parse(frame[14:])

    def parse(self, data):
        word, length, proto, self.hlim = struct.unpack("!IHBB", data[:8])
        self.tclass = (word >> 20) & 255
        self.src, self.dst = text(data[8:24]), text(data[24:40])
        self.len = 40 + length
        body = data[40:40 + length]
        while proto in (0, 43, 60, 44) and len(body) >= 8:
            size = 8 if proto == 44 else 8 + 8 * body[1]
            if proto == 60:
                self.options(body[2:size])
            if proto == 43 and body[2] == 2 and size >= 24:
                self.rt2 = text(body[8:24])
            proto, body = body[0], body[size:]
        self.proto, self.body = proto, body
        try:
            if proto == 58:
                self.icmp(body)
            elif proto == 135:
                self.mobility(body)
            elif proto == 41:
                self.kind = "tunnel"
                self.inner = Packet(self.time, bytes(14) + body)
            elif proto in (6, 17):
                self.kind = "tcp" if proto == 6 else "udp"
                self.sport, self.dport = struct.unpack("!HH", body[:4])
        except (struct.error, IndexError, ValueError):
            pass  # a snapped or broken packet: what was read so far stands

    def options(self, data):
        while data:
            if data[0] == 0:
                data = data[1:]
                continue
            if data[0] == 201 and len(data) >= 18:
                self.hoa = text(data[2:18])
            data = data[2 + data[1]:] if len(data) > 1 else b""

    def icmp(self, body):
        kind = ICMP6.get(body[0], "icmp%d" % body[0])
        self.kind, self.code = kind, body[1]
        skip = {"rs": 8, "ra": 16, "ns": 24, "na": 24, "mpa": 8}.get(kind)
        if kind == "toobig":
            self.mtu = struct.unpack("!I", body[4:8])[0]
        if kind in ("ns", "na"):
            self.target = text(body[8:24])
        if kind == "na":
            self.flags = "".join(c for c, bit in (("R", 128), ("S", 64), ("O", 32)) if body[4] & bit)
        if kind in ("dhaadrequest", "dhaadreply", "mps", "mpa"):
            self.seq = struct.unpack("!H", body[4:6])[0]
        if kind in ("dhaadrequest", "dhaadreply"):
            self.flags = "R" if body[6] & 0x80 else ""
        if kind == "dhaadreply":
            self.agents = [text(body[i:i + 16]) for i in range(8, len(body) - 15, 16)]
        if skip is None:
            return
        options = body[skip:]
        while len(options) >= 8 and options[1]:
            size = 8 * options[1]
            if options[0] in (1, 2):
                self.lladdr = mac(options[2:8])
            if options[0] == 3 and size == 32:
                self.prefixes.append("%s/%d" % (text(options[16:32]), options[2]))
            options = options[size:]

    def mobility(self, body):
        self.kind = MH[body[2]] if body[2] < len(MH) else "mh%d" % body[2]
        if self.kind == "bu":
            self.seq, flags, self.lifetime = struct.unpack("!HHH", body[6:12])
            self.flags = "".join(c for c, bit in zip("AHLKR", (0x8000, 0x4000, 0x2000, 0x1000, 0x0400)) if flags & bit)
            options = body[12:]
        elif self.kind == "ba":
            self.status = body[6]
            self.flags = "".join(c for c, bit in zip("KR", (0x80, 0x40)) if body[7] & bit)
            self.seq, self.lifetime = struct.unpack("!HH", body[8:12])
            options = body[12:]
        else:
            return
        while options:
            if options[0] == 0:
                options = options[1:]
                continue
            if options[0] == 3:
                self.coa = text(options[2:18])
            if options[0] == 6:
                self.mnps.append("%s/%d" % (text(options[4:20]), options[3]))
            options = options[2 + options[1]:]

    def __str__(self):
        parts = ["%.6f" % self.time, self.kind or "proto %d" % self.proto, "%s > %s" % (self.src, self.dst)]
        for name in ("target", "lladdr", "flags", "hoa", "rt2", "coa", "seq", "lifetime", "status", "mtu"):
            value = getattr(self, name)
            if value is not None:
                parts.append("%s=%s" % (name, value))
        if self.prefixes:
            parts.append("prefix=" + ",".join(self.prefixes))
        if self.mnps:
            parts.append("mnp=" + ",".join(self.mnps))
        if self.agents is not None:
            parts.append("agents=" + ",".join(self.agents))
        if self.inner:
            parts.append("[%s]" % self.inner)
        return " ".join(parts)


def read(path):
    """The IPv6 packets of a pcap file in their order; a last record that is cut off is left out."""
    with open(path, "rb") as f:
        head = f.read(24)
        if len(head) < 24:
            return
        magic = struct.unpack("<I", head[:4])[0]
        order = "<" if magic in (0xA1B2C3D4, 0xA1B23C4D) else ">"
        unit = 1e-9 if struct.unpack(order + "I", head[:4])[0] == 0xA1B23C4D else 1e-6
        if struct.unpack(order + "I", head[20:24])[0] != 1:
            sys.exit("%s: not a capture of an Ethernet link" % path)
        while True:
            record = f.read(16)
            if len(record) < 16:
                return
            seconds, fraction, size, _ = struct.unpack(order + "IIII", record)
            frame = f.read(size)
            if len(frame) < size:
                return
            if frame[12:14] == b"\x86\xdd" and size >= 54:
                yield Packet(seconds + fraction * unit, frame)


def main():
    args = sys.argv[1:]
    count = args[:1] == ["--count"]
    if count:
        args = args[1:]
    if len(args) != 2:
        sys.exit(__doc__)
    test = compile(args[1], "expression", "eval")
    found = [p for p in read(args[0]) if eval(test, {"p": p})]
    if count:
        print(len(found))
    else:
        for p in found:
            print(p)


if __name__ == "__main__":
    main()
