#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Holds the wire codecs against two decoders that know nothing of them, scapy and tshark, both ways:

  our builder -> scapy, tshark     every field, the checksum, no complaint about the packet
  scapy       -> our parser        every field, with random bits in the reserved fields
  our builder -> our parser        the identity

A case is one IPv6 packet as a dict in wire_tool's notation (all values are strings, a repeated key is a list). Cases
are random with a fixed seed, and drawn towards the edges. Usage: wire_cross.py WIRE_TOOL [cases per kind]. Prints TAP.

What the two lack:
  tshark 4.0  does not verify a mobility header's checksum (scapy does), has no field for the R flag of RFC 3963 in the
              home agent information option; the one of home agent address discovery is visible as a reserved field
  scapy 2.5   takes the Home Address option into the checksum only if it is alone, without padding (taken away here);
              has wrong default lengths in the nonce indices and binding authorization data options (given here); calls
              the R flag of the home agent information option reserved; knows link-layer addresses of 6 bytes only
"""
import json
import logging
import random
import subprocess
import sys
import tempfile

logging.getLogger("scapy").setLevel(logging.ERROR)
from scapy.layers import inet6 as s6  # noqa: E402
from scapy.packet import NoPayload  # noqa: E402
from scapy.utils import RawPcapWriter  # noqa: E402

TOOL = sys.argv[1]
CASES = int(sys.argv[2]) if len(sys.argv) > 2 else 40
LINKTYPE_IPV6 = 229
rnd = random.Random(6275)


# ---- random values, as text

def number(bits):
    top = (1 << bits) - 1
    return lambda: str(rnd.choice((0, 1, top, top >> 1, (top >> 1) + 1, rnd.randint(0, top))))


def nonzero(bits):
    gen = number(bits)
    return lambda: max(gen(), "1", key=int)


def octets(n):
    return lambda: rnd.randbytes(n).hex()


def flags(mask):
    return lambda: str(rnd.randint(0, 255) & mask)


def addr():
    a = rnd.choice((b"\x20\x01\x0d\xb8", b"\xfe\x80\0\0")) + rnd.choice((bytes(11) + b"\x01", rnd.randbytes(12)))
    return s6.inet_ntop(s6.socket.AF_INET6, a)


def bit():
    return str(rnd.randint(0, 1))


def mnp():
    return "%s/%d" % (addr(), rnd.choice((0, 1, 48, 64, 127, 128)))


def prefix():
    letters = "".join(c for c in "LAR" if rnd.randint(0, 1)) or "-"
    return "%s/%d,%s,%s,%s" % (addr(), rnd.choice((0, 64, 128)), letters, number(32)(), number(32)())


def many(gen, most):
    return lambda: [gen() for _ in range(rnd.randint(1, most))]


u8, u16, u32, cookie = number(8), number(16), number(32), octets(8)

# kind -> key -> generator. A key in brackets is optional; two keys in one bracket come together.
PACKET = {"src": addr, "dst": addr, "hoplimit": u8, "[hao]": addr, "[rt2]": addr}
KINDS = {
    "brr": {},
    "hoti": {"cookie": cookie},
    "coti": {"cookie": cookie},
    "hot": {"nonce": u16, "cookie": cookie, "token": cookie},
    "cot": {"nonce": u16, "cookie": cookie, "token": cookie},
    "bu": {"seq": u16, "flags": flags(0xf4), "lifetime": u16, "[alt_coa]": addr, "[home_nonce coa_nonce]": u16,
           "[mnp]": many(mnp, 8), "[auth]": octets(12)},
    "ba": {"status": u8, "flags": flags(0xc0), "seq": u16, "lifetime": u16, "[refresh]": u16, "[auth]": octets(12)},
    "be": {"status": u8, "hoa": addr},
    "dhaad_req": {"id": u16, "R": bit},
    "dhaad_rep": {"id": u16, "R": bit, "[agent]": many(addr, 64)},
    "mps": {"id": u16},
    "mpa": {"id": u16, "M": bit, "O": bit, "[prefix]": many(prefix, 16)},
    "rs": {"[sll]": octets(6)},
    "ra": {"hops": u8, "M": bit, "O": bit, "H": bit, "lifetime": u16, "reachable": u32, "retrans": u32,
           "[sll]": octets(6), "[mtu]": nonzero(32), "[interval]": nonzero(32), "[ha_pref ha_life]": u16,
           "[prefix]": many(prefix, 16)},
    "ns": {"target": addr, "[sll]": octets(6)},
    "na": {"target": addr, "R": bit, "S": bit, "O": bit, "[tll]": octets(6)},
}


def make_case(kind):
    case = {}
    for keys, gen in {**PACKET, **KINDS[kind]}.items():
        if keys[0] == "[" and rnd.randint(0, 1):
            continue
        for key in keys.strip("[]").split():
            case[key] = gen()
    if "ha_pref" in case:
        case["ha_mr"] = bit()
    return case


# ---- our tool

def tool(what, lines):
    out = subprocess.run([TOOL, what], input="\n".join(lines) + "\n", text=True, stdout=subprocess.PIPE, check=True)
    return out.stdout.splitlines()


def to_line(kind, case):
    words = [kind]
    for key, val in case.items():
        words += ["%s=%s" % (key, v) for v in (val if isinstance(val, list) else [val])]
    return " ".join(words)


def from_line(line):
    kind, *words = line.split()
    case = {}
    for word in words:
        key, val = word.split("=", 1)
        if key in ("mnp", "agent", "prefix"):
            case.setdefault(key, []).append(val)
        else:
            case[key] = val
    return kind, case


# ---- scapy. kind -> its class and {our key: its field}; conversions by our key's name

MH_KINDS = ("brr", "hoti", "coti", "hot", "cot", "bu", "ba", "be")
CLASSES = {
    "brr": (s6.MIP6MH_BRR, {}),
    "hoti": (s6.MIP6MH_HoTI, {"cookie": "cookie"}),
    "coti": (s6.MIP6MH_CoTI, {"cookie": "cookie"}),
    "hot": (s6.MIP6MH_HoT, {"nonce": "index", "cookie": "cookie", "token": "token"}),
    "cot": (s6.MIP6MH_CoT, {"nonce": "index", "cookie": "cookie", "token": "token"}),
    "bu": (s6.MIP6MH_BU, {"seq": "seq", "flags": "flags", "lifetime": "mhtime"}),
    "ba": (s6.MIP6MH_BA, {"status": "status", "flags": "flags", "seq": "seq", "lifetime": "mhtime"}),
    "be": (s6.MIP6MH_BE, {"status": "status", "hoa": "ha"}),
    "dhaad_req": (s6.ICMPv6HAADRequest, {"id": "id", "R": "R"}),
    "dhaad_rep": (s6.ICMPv6HAADReply, {"id": "id", "R": "R", "agent": "addresses"}),
    "mps": (s6.ICMPv6MPSol, {"id": "id"}),
    "mpa": (s6.ICMPv6MPAdv, {"id": "id"}),
    "rs": (s6.ICMPv6ND_RS, {}),
    "ra": (s6.ICMPv6ND_RA, {"hops": "chlim", "M": "M", "O": "O", "H": "H", "lifetime": "routerlifetime",
                            "reachable": "reachabletime", "retrans": "retranstimer"}),
    "ns": (s6.ICMPv6ND_NS, {"target": "tgt"}),
    "na": (s6.ICMPv6ND_NA, {"target": "tgt", "R": "R", "S": "S", "O": "O"}),
}
RESERVED = {"hoti": {"reserved": 2}, "coti": {"reserved": 2}, "be": {"reserved": 8}, "bu": {"reserved": 9, "res": 8},
            "ba": {"res2": 5, "res": 8}, "brr": {"res2": 16, "res": 8}, "hot": {"res": 8}, "cot": {"res": 8},
            "dhaad_req": {"res": 15}, "dhaad_rep": {"res": 15}, "mps": {"res": 16}, "mpa": {"res": 14},
            "rs": {"res": 32}, "ns": {"res": 32}, "na": {"res": 29}}
FLAG_SHIFT = {"bu": 1, "ba": 5}


def mac(text):
    return ":".join(text[i:i + 2] for i in range(0, 12, 2))


def split_prefix(text):
    head, letters, valid, preferred = text.split(",")
    a, plen = head.split("/")
    return a, int(plen), letters, int(valid), int(preferred)


def scapy_mh_options(case):
    opts = []
    if "refresh" in case:
        opts.append(s6.MIP6OptBRAdvice(rinter=int(case["refresh"])))
    if "alt_coa" in case:
        opts.append(s6.MIP6OptAltCoA(acoa=case["alt_coa"]))
    if "home_nonce" in case:
        opts.append(s6.MIP6OptNonceIndices(olen=4, hni=int(case["home_nonce"]), coni=int(case["coa_nonce"])))
    opts += [s6.MIP6OptMNID(id=b"mn%d@example.com" % rnd.getrandbits(rnd.randint(1, 60)))]
    rnd.shuffle(opts)
    for p in case.get("mnp", ()):
        a, plen = p.split("/")
        opts.append(s6.MIP6OptMobNetPrefix(prefix=a, plen=int(plen), reserved=rnd.randint(0, 255)))
    if "auth" in case:
        opts.append(s6.MIP6OptBindingAuthData(olen=12, authenticator=int(case["auth"], 16)))
    return opts


def scapy_nd_options(case):
    opts = []
    if "sll" in case:
        opts.append(s6.ICMPv6NDOptSrcLLAddr(lladdr=mac(case["sll"])))
    if "tll" in case:
        opts.append(s6.ICMPv6NDOptDstLLAddr(lladdr=mac(case["tll"])))
    if "mtu" in case:
        opts.append(s6.ICMPv6NDOptMTU(mtu=int(case["mtu"]), res=rnd.randint(0, 0xffff)))
    if "interval" in case:
        opts.append(s6.ICMPv6NDOptAdvInterval(advint=int(case["interval"]), res=rnd.randint(0, 0xffff)))
    if "ha_pref" in case:
        opts.append(s6.ICMPv6NDOptHAInfo(res=int(case["ha_mr"]) << 15 | rnd.randint(0, 0x7fff),
                                         pref=int(case["ha_pref"]), lifetime=int(case["ha_life"])))
    opts += [s6.ICMPv6NDOptUnknown(type=200, len=2, data=rnd.randbytes(14))]
    rnd.shuffle(opts)
    for p in case.get("prefix", ()):
        a, plen, letters, valid, preferred = split_prefix(p)
        opts.append(s6.ICMPv6NDOptPrefixInfo(prefix=a, prefixlen=plen, validlifetime=valid, preferredlifetime=preferred,
                                             L="L" in letters, A="A" in letters, R="R" in letters,
                                             res1=rnd.randint(0, 31), res2=rnd.randint(0, 0xffffffff)))
    return opts


def scapy_build(kind, case):
    cls, names = CLASSES[kind]
    args = {}
    for key, name in names.items():
        val = case.get(key, [])
        if key in ("cookie", "token"):
            val = bytes.fromhex(val)
        elif key == "flags":
            val = int(val) >> FLAG_SHIFT[kind]
        elif key not in ("hoa", "target", "agent"):
            val = int(val)
        args[name] = val
    if kind == "mpa":
        args["flags"] = int(case["M"]) << 1 | int(case["O"])
    for name, bits in RESERVED.get(kind, {}).items():
        args[name] = rnd.randbytes(2) if kind in ("hoti", "coti") else rnd.getrandbits(bits)
    if kind in ("bu", "ba"):
        args["options"] = scapy_mh_options(case)
    # What the codec must ignore: flags of other standards (M, P).
    if kind == "bu":
        args["flags"] |= rnd.choice((0, 0x01, 0x04))
    if kind == "ba":
        args["flags"] |= rnd.choice((0, 0x01))
    pkt = s6.IPv6(src=case["src"], dst=case["dst"], hlim=int(case["hoplimit"]), tc=rnd.randint(0, 255),
                  fl=rnd.getrandbits(20))
    if "rt2" in case:
        pkt /= s6.IPv6ExtHdrRouting(type=2, segleft=1, addresses=[case["rt2"]], reserved=rnd.getrandbits(32))
    if "hao" in case:
        pkt /= s6.IPv6ExtHdrDestOpt(options=[s6.HAO(hoa=case["hao"])])
    pkt /= cls(**args)
    if kind in ("mpa", "rs", "ra", "ns", "na"):
        for o in scapy_nd_options(case):
            pkt /= o
    return bytes(pkt)


def scapy_read_option(o, case):
    if isinstance(o, s6.MIP6OptBRAdvice):
        case["refresh"] = str(o.rinter)
    elif isinstance(o, s6.MIP6OptAltCoA):
        case["alt_coa"] = o.acoa
    elif isinstance(o, s6.MIP6OptNonceIndices):
        case["home_nonce"], case["coa_nonce"] = str(o.hni), str(o.coni)
    elif isinstance(o, s6.MIP6OptMobNetPrefix):
        case.setdefault("mnp", []).append("%s/%d" % (o.prefix, o.plen))
    elif isinstance(o, s6.MIP6OptBindingAuthData):
        case["auth"] = "%024x" % o.authenticator
    elif isinstance(o, s6.ICMPv6NDOptDstLLAddr):
        case["tll"] = o.lladdr.replace(":", "")
    elif isinstance(o, s6.ICMPv6NDOptSrcLLAddr):
        case["sll"] = o.lladdr.replace(":", "")
    elif isinstance(o, s6.ICMPv6NDOptMTU):
        case["mtu"] = str(o.mtu)
    elif isinstance(o, s6.ICMPv6NDOptAdvInterval):
        case["interval"] = str(o.advint)
    elif isinstance(o, s6.ICMPv6NDOptHAInfo):
        case["ha_pref"], case["ha_life"], case["ha_mr"] = str(o.pref), str(o.lifetime), str(o.res >> 15)
    elif isinstance(o, s6.ICMPv6NDOptPrefixInfo):
        letters = "".join(c for c in "LAR" if o.getfieldval(c)) or "-"
        case.setdefault("prefix", []).append("%s/%d,%s,%d,%d" % (o.prefix, o.prefixlen, letters, o.validlifetime,
                                                                 o.preferredlifetime))
    elif not isinstance(o, (s6.Pad1, s6.PadN)):
        raise ValueError("scapy sees %r" % o)


def scapy_read(kind, raw):
    pkt = s6.IPv6(raw)
    case = {"src": pkt.src, "dst": pkt.dst, "hoplimit": str(pkt.hlim)}
    if s6.IPv6ExtHdrRouting in pkt:
        rt = pkt[s6.IPv6ExtHdrRouting]
        assert (rt.type, rt.segleft, rt.reserved, len(rt.addresses)) == (2, 1, 0, 1), "routing header %r" % rt
        case["rt2"] = rt.addresses[0]
    if s6.IPv6ExtHdrDestOpt in pkt:
        dst = pkt[s6.IPv6ExtHdrDestOpt]
        assert dst.len == 2, "destination options %r" % dst
        dst.options = [o for o in dst.options if isinstance(o, s6.HAO)]
        case["hao"] = dst.options[0].hoa
    cls, names = CLASSES[kind]
    msg = pkt[cls]
    for key, name in names.items():
        val = msg.getfieldval(name)
        if key == "agent":
            if val:
                case[key] = list(val)
        elif key in ("cookie", "token"):
            case[key] = val.hex()
        elif key == "flags":
            case[key] = str(int(val) << FLAG_SHIFT[kind])
        else:
            case[key] = str(val)
    if kind == "mpa":
        case["M"], case["O"] = str(int(msg.flags) >> 1), str(int(msg.flags) & 1)
    for name in RESERVED.get(kind, {}):
        assert msg.getfieldval(name) in (0, b"\0\0"), "%s is not zero" % name
    body = bytes(msg)
    if kind in MH_KINDS:
        assert (msg.nh, len(body)) == (59, 8 * (msg.len + 1)), "header of %r" % msg
        for o in msg.getfieldval("options"):
            scapy_read_option(o, case)
        at, proto = 4, 135
    else:
        o = msg.payload
        while not isinstance(o, NoPayload):
            scapy_read_option(o, case)
            o = o.payload
        at, proto = 2, 58
    expect = s6.in6_chksum(proto, msg.underlayer, body[:at] + b"\0\0" + body[at + 2:])
    assert expect == msg.cksum, "checksum %04x, scapy computes %04x" % (msg.cksum, expect)
    return case


# ---- tshark. kind -> our key -> its field

NUM = {
    "brr": {}, "hoti": {}, "coti": {}, "rs": {},
    "hot": {"nonce": "mip6.hot.nindex"},
    "cot": {"nonce": "mip6.cot.nindex"},
    "bu": {"seq": "mip6.bu.seqnr", "lifetime": "mip6.bu.lifetime", "[home_nonce": "mip6.ni.hni",
           "[coa_nonce": "mip6.ni.cni"},
    "ba": {"status": "mip6.ba.status", "seq": "mip6.ba.seqnr", "lifetime": "mip6.ba.lifetime",
           "[refresh": "mip6.bra.interval"},
    "be": {"status": "mip6.be.status"},
    "dhaad_req": {"id": "icmpv6.mip6.identifier"},
    "dhaad_rep": {"id": "icmpv6.mip6.identifier"},
    "mps": {"id": "icmpv6.mip6.identifier"},
    "mpa": {"id": "icmpv6.mip6.identifier", "M": "icmpv6.mip6.flag.m", "O": "icmpv6.mip6.flag.o"},
    "ra": {"hops": "icmpv6.nd.ra.cur_hop_limit", "M": "icmpv6.nd.ra.flag.m", "O": "icmpv6.nd.ra.flag.o",
           "H": "icmpv6.nd.ra.flag.h", "lifetime": "icmpv6.nd.ra.router_lifetime",
           "reachable": "icmpv6.nd.ra.reachable_time", "retrans": "icmpv6.nd.ra.retrans_timer",
           "[mtu": "icmpv6.opt.mtu", "[interval": "icmpv6.opt.advertisement_interval",
           "[ha_pref": "icmpv6.opt.home_agent_preference", "[ha_life": "icmpv6.opt.home_agent_lifetime"},
    "ns": {},
    "na": {"R": "icmpv6.nd.na.flag.r", "S": "icmpv6.nd.na.flag.s", "O": "icmpv6.nd.na.flag.o"},
}
TEXT = {"src": "ipv6.src", "dst": "ipv6.dst", "hao": "ipv6.opt.mipv6.home_address",
        "rt2": "ipv6.routing.mipv6.home_address", "alt_coa": "mip6.acoa.acoa", "hoa": "mip6.be.haddr",
        "sll": "icmpv6.opt.src_linkaddr", "tll": "icmpv6.opt.target_linkaddr", "auth": "mip6.bad.auth"}
# A token of a Care-of Test is shown under the Home Test's name.
COOKIES = {"hoti": {"cookie": "mip6.hoti.cookie"}, "coti": {"cookie": "mip6.coti.cookie"},
           "hot": {"cookie": "mip6.hot.cookie", "token": "mip6.hot.token"},
           "cot": {"cookie": "mip6.cot.cookie", "token": "mip6.hot.token"}}
FLAGS = {"bu": {0x80: "mip6.bu.a_flag", 0x40: "mip6.bu.h_flag", 0x20: "mip6.bu.l_flag", 0x10: "mip6.bu.k_flag",
                0x08: "mip6.bu.m_flag", 0x04: "mip6.nemo.bu.r_flag", 0x02: "mip6.bu.p_flag"},
         "ba": {0x80: "mip6.ba.k_flag", 0x40: "mip6.nemo.ba.r_flag", 0x20: "mip6.ba.p_flag"}}
TSHARK_LACKS = ("ha_mr",)


def flatten(node, out):
    for key, val in node.items():
        items = val if isinstance(val, list) else [val]
        for item in items:
            if isinstance(item, dict):
                out.setdefault(key, [])
                flatten(item, out)
            else:
                out.setdefault(key, []).append(item)


def tshark(packets):
    with tempfile.NamedTemporaryFile(suffix=".pcap") as f:
        writer = RawPcapWriter(f.name, linktype=LINKTYPE_IPV6)
        for p in packets:
            writer.write(p)
        writer.close()
        out = subprocess.run(["tshark", "-n", "-r", f.name, "-T", "json", "--no-duplicate-keys"],
                             stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True).stdout
    result = []
    for p in json.loads(out):
        fields = {}
        flatten(p["_source"]["layers"], fields)
        result.append(fields)
    return result


def tshark_read(kind, t):
    def num(name):
        return str(int(t[name][0], 0))

    for bad in ("_ws.malformed", "_ws.expert", "mip6.opt.len.invalid", "mip6.bogus_header_length"):
        assert bad not in t, "%s %s" % (bad, t.get("_ws.expert.message"))
    case = {"hoplimit": num("ipv6.hlim")}
    for key, name in TEXT.items():
        if name in t:
            case[key] = t[name][0] if key not in ("sll", "tll", "auth") else t[name][0].replace(":", "")
    for key, name in NUM[kind].items():
        if name in t or key[0] != "[":
            case[key.strip("[")] = num(name)
    for key, name in COOKIES.get(kind, {}).items():
        case[key] = "%016x" % int(t[name][0], 0)
    if kind in FLAGS:
        case["flags"] = str(sum(b for b, name in FLAGS[kind].items() if int(t[name][0], 0)))
    if kind in ("ns", "na"):
        case["target"] = t["icmpv6.nd.%s.target_address" % kind][0]
    if kind.startswith("dhaad"):
        case["R"] = str(int(t["icmpv6.reserved"][0][:2], 16) >> 7)
    if "icmpv6.mip6.home_agent_address" in t:
        case["agent"] = t["icmpv6.mip6.home_agent_address"]
    if "mip6.nemo.mnp.mnp" in t:
        case["mnp"] = ["%s/%s" % p for p in zip(t["mip6.nemo.mnp.mnp"], t["mip6.nemo.mnp.pfl"])]
    if "icmpv6.opt.prefix" in t:
        parts = ("", ".length", ".flag.l", ".flag.a", ".flag.r", ".valid_lifetime", ".preferred_lifetime")
        case["prefix"] = [
            "%s/%s,%s,%s,%s" % (a, plen, "".join(c for c, on in zip("LAR", lar) if int(on)) or "-", valid, preferred)
            for a, plen, *lar, valid, preferred in zip(*(t["icmpv6.opt.prefix" + p] for p in parts))]
    return case


# ---- TAP

tests = failed = 0


def report(name, problems):
    global tests, failed
    tests += 1
    failed += bool(problems)
    print("%s %d - %s" % ("not ok" if problems else "ok", tests, name))
    for p in problems[:3]:
        print("# " + p)


def differ(line, want, read, *args, lacks=()):
    """One line that says what is wrong with a case as another decoder sees it, or nothing."""
    try:
        got = read(*args)
    except (AssertionError, ValueError, KeyError, IndexError) as e:
        return ["%s: %s: %s" % (type(e).__name__, e, line)]
    want = {k: v for k, v in want.items() if k not in lacks}
    got = {k: v for k, v in got.items() if k not in lacks}
    bad = sorted(k for k in want.keys() | got.keys() if want.get(k) != got.get(k))
    return ["%s: want %s, got %s: %s" % (k, want.get(k), got.get(k), line) for k in bad[:1]]


def our_read(kind, line, unknown=0):
    got_kind, case = from_line(line)
    assert got_kind == kind, "read as %s" % line
    assert int(case.pop("unknown", 0)) == unknown, "unknown options: %s" % line
    return case


def main():
    print("TAP version 13")
    known = {k: set(keys) for k, *keys in (line.split() for line in tool("fields", []))}
    tested = {k: set(" ".join(v).replace("[", "").replace("]", "").split()) for k, v in KINDS.items()}
    tested["ra"].add("ha_mr")
    report("every kind and field of the tool has cases", [] if known == tested else ["%s != %s" % (known, tested)])

    for kind in KINDS:
        cases = [make_case(kind) for _ in range(CASES)]
        lines = [to_line(kind, c) for c in cases]
        ours = tool("build", lines)
        packets = [bytes.fromhex(h) for h in ours]
        report("%s: ours, read by scapy" % kind,
               [m for l, c, p in zip(lines, cases, packets) for m in differ(l, c, scapy_read, kind, p)])
        report("%s: ours, read by tshark" % kind,
               [m for l, c, t in zip(lines, cases, tshark(packets))
                for m in differ(l, c, tshark_read, kind, t, lacks=TSHARK_LACKS)])
        if kind == "rs":  # hosts have no parser for it
            continue
        theirs = [scapy_build(kind, c).hex() for c in cases]
        report("%s: scapy's, read by us" % kind,
               [m for l, c, r in zip(lines, cases, tool("parse", theirs))
                for m in differ(l, c, our_read, kind, r, int(kind in ("bu", "ba")))])
        report("%s: ours, read by us" % kind,
               [m for l, c, r in zip(lines, cases, tool("parse", ours)) for m in differ(l, c, our_read, kind, r)])
    print("1..%d" % tests)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
