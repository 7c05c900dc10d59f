#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""files.py IP DIR COUNT labels|mroute: gives "ip addrlabel showdump" or "ip monitor" damaged files of messages. It must refuse or
list them; a crash, a hang or a report of a sanitizer is a failure, and the file is kept in DIR. The files are the same every time."""
import os
import random
import struct
import subprocess
import sys

ip, directory, count, what = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
os.makedirs(directory, exist_ok=True)
rng = random.Random(6724)
env = dict(os.environ, ASAN_OPTIONS='exitcode=99', UBSAN_OPTIONS='halt_on_error=1:exitcode=98:print_stacktrace=1')


def message(kind, body):
    return struct.pack('=IHHII', 16 + len(body), kind, 0, 0, 0) + body


def attribute(kind, data):
    return struct.pack('=HH', 4 + len(data), kind) + data + bytes(-len(data) % 4)


def u32(value=None):
    return struct.pack('=I', rng.randrange(2 ** 32) if value is None else value)


def label():
    body = struct.pack('=BBBBII', 10, 0, rng.randrange(129), 0, 0, 0)
    return message(72, body + attribute(1, rng.randbytes(16)) + attribute(2, u32()))


def route():
    family, size = rng.choice(((128, 4), (129, 16)))
    outputs = b''.join(struct.pack('=HBBi', 8, 0, rng.randrange(256), rng.randrange(4)) for _ in range(rng.randrange(4)))
    body = struct.pack('=BBBBBBBBI', family, 8 * size, 8 * size, 0, 254, 4, 0, 5, rng.choice((0, 32)))
    body += attribute(1, rng.randbytes(size)) + attribute(2, rng.randbytes(size)) + attribute(3, u32(1))
    return message(rng.choice((24, 25)), body + attribute(9, outputs) + attribute(17, rng.randbytes(24))
                   + attribute(15, u32()))


def mif():
    body = struct.pack('=Bxxx', 129) + attribute(1, u32(1)) + attribute(64, u32(254)) + attribute(65, u32()) + attribute(66, u32())
    return message(rng.choice((80, 81)), body + b''.join(attribute(kind, rng.randbytes(8)) for kind in range(68, 72)))


def report():
    family, size = rng.choice(((128, 4), (129, 16)))
    body = struct.pack('=Bxxx', family) + attribute(1, bytes((rng.randrange(6),))) + attribute(2, u32())
    return message(96, body + attribute(3, rng.randbytes(size)) + attribute(4, rng.randbytes(size)) + attribute(5, rng.randbytes(40))
                   + attribute(6, u32()))


# what the files begin with, the messages in them, the commands that read them, and with which status they refuse them
START, MESSAGES, COMMANDS, REFUSED = {
    'labels': (u32(0x4c424c36), (label,), (('addrlabel', 'showdump'),), (2,)),
    'mroute': (b'', (route, mif, report), (('-s', '-d', 'monitor'), ('-j', '-s', 'monitor')), (1, 255)),
}[what]


def damaged():
    """A file, and the places in it where there are lengths"""
    data, lengths = bytearray(START), []
    for _ in range(rng.randrange(1, 6)):
        start = len(data)
        data += rng.choice(MESSAGES)()
        lengths += [start] + list(range(start + 16, len(data), 4))
    for _ in range(rng.randrange(4)):
        kind = rng.randrange(4)
        place = rng.randrange(len(data)) if data else 0
        if kind == 0 and data:
            data[place] = rng.choice((0, 1, 3, 4, 15, 16, 0x7f, 0x80, 0xff, rng.randrange(256)))
        elif kind == 1:
            del data[place:]
        elif kind == 2:
            data[place:place] = rng.randbytes(rng.randrange(1, 40))
        else:
            place = rng.choice(lengths)
            data[place:place + 2] = struct.pack('=H', rng.choice((0, 1, 3, 5, 7, 8, 9, 15, 17, 27, 29, 55, 57, 16384, 16385, 65535)))
    return bytes(data)


refused = listed = failed = 0
for i in range(count):
    path = os.path.join(directory, 'file')
    with open(path, 'wb') as f:
        f.write(damaged())
    try:
        p = subprocess.run([ip, *COMMANDS[i % len(COMMANDS)], 'file', path], env=env, capture_output=True, timeout=20)
        status, said = p.returncode, p.stderr
    except subprocess.TimeoutExpired:
        status, said = 'none, it hangs', b''
    if status == 0:
        listed += 1
    elif status in REFUSED and said:
        refused += 1
    else:
        failed += 1
        os.rename(path, os.path.join(directory, 'failed-%d' % i))
        print('file %d: exit status %s' % (i, status), said.decode(errors='replace')[:2000])
print('%s: %d damaged files under ASan and UBSan: %d refused, %d listed, %d failed' % (what, count, refused, listed, failed))
sys.exit(failed > 0 or refused == 0 or listed == 0)
