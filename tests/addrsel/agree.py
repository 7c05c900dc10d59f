#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""agree.py ADDRSELCTL ASK ROUNDS DIR: random worlds in this namespace (interfaces d0, d1, t0 exist), and in each of them
what addrselctl explains against what connect() and getaddrinfo() do. The last line of output:
rounds, sources and orders compared, sources and orders that differ, rules seen for sources and for destinations."""
import json
import os
import random
import subprocess
import sys

ctl, ask, rounds, out = sys.argv[1:]
seed = int(os.environ.get("ADDRSEL_SEED", "1"))
rng = random.Random(seed)

PREFIXES = ["2001:db8:a", "2001:db8:b", "2001:db8:a:1", "fd00:1:2", "fd00:9:9", "2002:c000:201", "2001:10:5", "fec0:0:0",
            "2001:0:53aa"]
POLICY_PREFIXES = ["::1/128", "::/0", "::ffff:0:0/96", "::ffff:192.0.2.0/120", "::ffff:10.0.0.0/104", "2002::/16",
                   "2001::/32", "fc00::/7", "fd00:1:2::/48", "2001:db8:a::/48", "2001:db8:b::/48", "2001:db8:a:1::/64",
                   "fec0::/10", "2001:db8::/32", "::/96"]
DEVS = ["d0", "d1", "t0"]
# a kernel without CONFIG_IPV6_MIP6 knows no home addresses
LIVES = ["", "", " preferred_lft 0", " mngtmpaddr"] + ([] if os.environ.get("ADDRSEL_NO_HOME") else [" home"])


def run(*cmd, text=None, check=True):
    return subprocess.run(cmd, input=text, text=True, stdout=subprocess.PIPE, check=check).stdout


def addr6(host=None):
    return "%s::%x" % (rng.choice(PREFIXES), host or rng.randrange(1, 64))


def world():
    """Addresses and routes, by one run of ip each."""
    lines, seen = [], set()
    for dev in DEVS:
        lines.append("addr flush dev %s" % dev)
    # with 2, a managed address brings temporary ones, which are then preferred
    for dev in DEVS:
        with open("/proc/sys/net/ipv6/conf/%s/use_tempaddr" % dev, "w") as f:
            f.write(rng.choice("012"))
    for dev in DEVS:
        lines.append("addr add fe80::%x/64 dev %s nodad" % (DEVS.index(dev) + 1, dev))
    for _ in range(rng.randrange(2, 9)):
        a = addr6()
        if a in seen:
            continue
        seen.add(a)
        life = rng.choice(LIVES)
        plen = 64 if life == " mngtmpaddr" else rng.choice([48, 64, 64, 128])
        lines.append("addr add %s/%d dev %s nodad%s" % (a, plen, rng.choice(DEVS), life))
    for a, plen in (("192.0.2.7", rng.choice([24, 25])), ("10.1.1.7", 8), ("169.254.3.3", 16)):
        if rng.random() < 0.6:
            lines.append("addr add %s/%d dev %s" % (a, plen, rng.choice(DEVS)))
    run("ip", "-batch", "-", text="\n".join(lines) + "\n")
    routes = {"-6": ["route flush table main proto static"], "-4": ["route flush table main proto static"]}
    for family, prefix in (("-6", "default"), ("-6", "2001:db8:b::/48"), ("-6", "fd00:9:9::/48"), ("-4", "default")):
        if rng.random() < 0.8:
            routes[family].append("route replace %s dev %s proto static" % (prefix, rng.choice(DEVS)))
    for family, batch in routes.items():
        run("ip", family, "-batch", "-", text="\n".join(batch) + "\n")
    for dev in DEVS:
        with open("/proc/sys/net/ipv6/conf/%s/use_oif_addrs_only" % dev, "w") as f:
            f.write(rng.choice("0001"))


def policy():
    lines, seen = [], set()
    for _ in range(rng.randrange(1, 12)):
        p = rng.choice(POLICY_PREFIXES)
        dev = rng.choice(["", "", "", rng.choice(DEVS)])
        if p.startswith("::ffff") and dev or (p, dev) in seen:
            continue
        seen.add((p, dev))
        lines.append("%s %d %d %s" % (p, rng.choice([1, 30, 40, 40, 50]), rng.randrange(0, 4), dev))
    return "\n".join(lines) + "\n"


def main():
    sources = orders = bad_source = bad_order = 0
    rules_src, rules_dst = set(), set()
    for n in range(int(rounds)):
        world()
        run(ctl, "--adopt", "-f", out + "/policy", "install", "-", text=policy())
        dsts = []
        for _ in range(rng.randrange(4, 9)):
            d = rng.choice([addr6(), addr6(), addr6(), "192.0.2.%d" % rng.randrange(1, 250), "10.2.3.%d" % rng.randrange(1, 9),
                            "203.0.113.%d" % rng.randrange(1, 9), "169.254.9.9"])
            if d not in dsts:
                dsts.append(d)
        with open("/etc/hosts", "w") as f:
            f.write("".join("%s many\n" % d for d in dsts))
        system = [x.split("=") for x in run(ask, "many").split()[1].split(",")]
        # the order before sorting: glibc gets what the file has
        said = json.loads(run(ctl, "-f", out + "/policy", "--json", "explain", *dsts))
        by_dst = {s["destination"]: s for s in said["sources"]}
        problem = False
        for dst, src in system:
            mine = by_dst[dst].get("source", {}).get("address", "-")
            sources += 1
            if mine != src:
                bad_source += 1
                problem = True
                print("# round %d: to %s explain says %s, connect() takes %s" % (n, dst, mine, src))
            for other in by_dst[dst].get("others", []):
                rules_src.add(other["lost_by"])
        mine = [row["destination"] for row in said["order"]]
        orders += 1
        if mine != [d for d, _ in system]:
            bad_order += 1
            problem = True
            print("# round %d: explain's order is %s, getaddrinfo's %s" % (n, " ".join(mine), " ".join(d for d, _ in system)))
        for row in said["order"]:
            if "before_next_by" in row:
                rules_dst.add(row["before_next_by"])
        if problem and bad_source + bad_order < 4:
            with open("%s/round-%d" % (out, n), "w") as f:
                f.write(json.dumps(said, indent=1) + "\n" + run("ip", "addr") + run("ip", "-6", "route") + run("ip", "route") +
                        run("ip", "addrlabel") + open("/etc/gai.conf").read() + open("/etc/hosts").read())
    for r in sorted(rules_src):
        print("# source: " + r)
    for r in sorted(rules_dst):
        print("# destination: " + r)
    print(rounds, sources, orders, bad_source, bad_order, len(rules_src), len(rules_dst))


main()
