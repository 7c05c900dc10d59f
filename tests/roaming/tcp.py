#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A TCP transfer of random bytes at a steady rate, hashed at both ends.

    tcp.py source DST PORT --src ADDRESS --rate MBIT/S --out FILE.json
    tcp.py sink PORT --bind ADDRESS --log FILE.csv
    tcp.py judge FILE.csv MARKS.csv --out FILE.json

The source goes on until SIGINT or SIGTERM, then closes its direction; the sink answers with the bytes and the hash of what it got, and the
source writes both to --out, or the error that ended the connection. The sink logs how many bytes came in each 20 ms. judge says for each
move of a marks file how long nothing came and whether the rate was back.
"""

import argparse
import hashlib
import json
import os
import signal
import socket
import sys
import time

CHUNK = 16384
BUCKET = 0.02
WINDOW = 0.25  # a rate is what came in this time
BACK_WITHIN = 1.0  # seconds after the first packet
BACK_TO = 0.8


stop = False


def on_signal(*_):
    global stop
    stop = True


def source(args):
    s = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
    s.bind((args.src, 0))
    digest, total, error = hashlib.sha256(), 0, None
    signal.signal(signal.SIGINT, on_signal)
    signal.signal(signal.SIGTERM, on_signal)
    per_chunk = CHUNK * 8 / (args.rate * 1e6)
    peer = {}
    try:
        s.connect((args.dst, args.port))
        # what is counted is what send() took, so a signal must not come in between
        s.settimeout(0.2)
        print("connected", flush=True)
        due = time.monotonic()
        while not stop:
            pending = os.urandom(CHUNK)
            while pending and not stop:
                try:
                    n = s.send(pending)
                except TimeoutError:
                    continue
                digest.update(pending[:n])
                total += n
                pending = pending[n:]
            # a rate, and after a pause no catching up
            due = max(due + per_chunk, time.monotonic() - 3 * per_chunk)
            delay = due - time.monotonic()
            if delay > 0:
                time.sleep(delay)
    except OSError as e:
        error = str(e)
    if not error:
        try:
            s.shutdown(socket.SHUT_WR)
            s.settimeout(20)
            answer = b""
            while not answer.endswith(b"\n"):
                part = s.recv(4096)
                if not part:
                    break
                answer += part
            peer = json.loads(answer)
        except (OSError, ValueError) as e:
            error = "no answer from the other end: %s" % e
    result = {"sent": total, "sha256": digest.hexdigest(), "arrived": peer.get("bytes"), "peer_sha256": peer.get("sha256"), "error": error}
    result["equal"] = error is None and result["sha256"] == result["peer_sha256"] and total == peer.get("bytes")
    with open(args.out, "w") as f:
        json.dump(result, f, indent=1)
    return 0 if result["equal"] else 1


def sink(args):
    listener = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((args.bind, args.port))
    listener.listen(1)
    print("listening", flush=True)
    conn, _ = listener.accept()
    digest, total = hashlib.sha256(), 0
    with open(args.log, "w") as log:
        log.write("time,bytes\n")
        bucket, count = 0.0, 0
        while True:
            try:
                data = conn.recv(262144)
            except OSError as e:
                print("error: %s" % e, flush=True)
                return 1
            now = time.time()
            if count and now - bucket > BUCKET:
                log.write("%.3f,%d\n" % (bucket, count))
                log.flush()
                count = 0
            if not data:
                break
            if not count:
                bucket = now
            digest.update(data)
            total += len(data)
            count += len(data)
    conn.sendall(json.dumps({"bytes": total, "sha256": digest.hexdigest()}).encode() + b"\n")
    return 0


def judge(args):
    with open(args.log) as f:
        f.readline()
        data = [(float(t), int(n)) for t, n in (line.split(",") for line in f)]
    with open(args.marks) as f:
        f.readline()
        marks = [line.strip().split(",") for line in f]

    def rate(start, end):
        return sum(n for t, n in data if start <= t < end) * 8 / 1e6 / (end - start)

    moves = []
    # the rate that the transfer had before anything moved
    first = float(marks[0][0]) if marks else 0
    before = rate(first - 1.5, first)
    for i, (time_, event, link, *_) in enumerate(marks):
        start = float(time_)
        end = float(marks[i + 1][0]) if i + 1 < len(marks) else (data[-1][0] if data else start)
        if not link:
            continue
        # The longest silence that the move caused, and the first data after it; one segment in between does not hide it.
        times = [t for t, _ in data if t <= start][-1:] + [t for t, _ in data if start < t <= end]
        gaps = sorted(((b - a, b) for a, b in zip(times, times[1:])), reverse=True)
        gap, first = gaps[0] if gaps else (end - start, None)
        back = None
        if first is not None:
            # windows that begin at data: the moment from which on the rate is there again
            back = next((t - first for t, _ in data if t >= first and rate(t, t + WINDOW) >= BACK_TO * before), None)
        moves.append({"move": event, "link": link, "rate_before": round(before, 2), "gap": gap, "rate_back_after": back,
                      "ok": back is not None and back <= BACK_WITHIN})
        print("%-8s  %4.1f Mbit/s before, silent for %4.0f ms, %d %% of it again %s" % (
            event, before, (gap or 0) * 1000, BACK_TO * 100, "never" if back is None else "%.0f ms after the first packet" % (back * 1000)))
    with open(args.out, "w") as f:
        json.dump({"moves": moves, "ok": bool(moves) and all(m["ok"] for m in moves)}, f, indent=1)
    return 0


def main():
    parser = argparse.ArgumentParser(description="a TCP transfer, hashed at both ends")
    commands = parser.add_subparsers(dest="command", required=True)
    p = commands.add_parser("source")
    p.add_argument("dst")
    p.add_argument("port", type=int)
    p.add_argument("--src", default="::")
    p.add_argument("--rate", type=float, default=20)
    p.add_argument("--out", required=True)
    p = commands.add_parser("sink")
    p.add_argument("port", type=int)
    p.add_argument("--bind", default="::")
    p.add_argument("--log", required=True)
    p = commands.add_parser("judge")
    p.add_argument("log")
    p.add_argument("marks")
    p.add_argument("--out", required=True)
    args = parser.parse_args()
    sys.exit({"source": source, "sink": sink, "judge": judge}[args.command](args))


if __name__ == "__main__":
    main()
