#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""files.py IP DIR COUNT: gives "ip addrlabel showdump" damaged files. It must refuse or list them; a crash or a report of a
sanitizer is a failure, and the file is kept in DIR. The files are the same every time."""
import os
import random
import struct
import subprocess
import sys

ip, directory, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
os.makedirs(directory, exist_ok=True)
rng = random.Random(6724)
MAGIC = struct.pack('=I', 0x4c424c36)
env = dict(os.environ, ASAN_OPTIONS='exitcode=99', UBSAN_OPTIONS='halt_on_error=1:exitcode=98:print_stacktrace=1')


def entry():
    body = struct.pack('=BBBBII', 10, 0, rng.randrange(129), 0, 0, 0)
    body += struct.pack('=HH', 20, 1) + rng.randbytes(16) + struct.pack('=HHI', 8, 2, rng.randrange(2 ** 32))
    return struct.pack('=IHHII', 16 + len(body), 72, 0, 0, 0) + body


def damaged():
    data = bytearray(MAGIC + b''.join(entry() for _ in range(rng.randrange(1, 6))))
    for _ in range(rng.randrange(4)):
        kind = rng.randrange(4)
        place = rng.randrange(len(data)) if data else 0
        if kind == 0 and data:
            data[place] = rng.choice((0, 1, 3, 4, 15, 16, 0x7f, 0x80, 0xff, rng.randrange(256)))
        elif kind == 1:
            del data[place:]
        elif kind == 2:
            data[place:place] = rng.randbytes(rng.randrange(1, 40))
        else:	# a length, at the places where there are lengths
            place = 4 + 56 * rng.randrange(3) + rng.choice((0, 28, 48))
            data[place:place + 2] = struct.pack('=H', rng.choice((0, 1, 3, 5, 15, 17, 27, 29, 55, 57, 16384, 16385, 65535)))
    return bytes(data)


refused = listed = failed = 0
for i in range(count):
    path = os.path.join(directory, 'file')
    with open(path, 'wb') as f:
        f.write(damaged())
    p = subprocess.run([ip, 'addrlabel', 'showdump', 'file', path], env=env, capture_output=True, timeout=60)
    if p.returncode == 0:
        listed += 1
    elif p.returncode == 2 and p.stderr:
        refused += 1
    else:
        failed += 1
        os.rename(path, os.path.join(directory, 'failed-%d' % i))
        print('file %d: exit status %d' % (i, p.returncode), p.stderr.decode(errors='replace')[:2000])
print('%d damaged files under ASan and UBSan: %d refused, %d listed, %d failed' % (count, refused, listed, failed))
sys.exit(failed > 0 or refused == 0 or listed == 0)
