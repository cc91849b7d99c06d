"""A network of its own, as bad as it is told to be: two namespaces, near and far, with links between them.

badNetwork.py tun|veth LINKS, started in a network namespace, which becomes the near one. Link n joins 10.0.n.1 and 10.0.n.2. A link is a pair of TUN devices whose packets pass
through this program, which delays, reorders, loses, doubles and damages them: what netem does, on kernels that do not have it. Or it is a veth pair with the kernel's own netem.
Prints {"near": pid, "far": pid} for nsenter; then takes a command a line and answers each with a line. Ends, with everything it made, when its input does.
"""
import fcntl
import heapq
import json
import os
import random
import select
import socket
import struct
import subprocess
import sys
import time

TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
MTU = 1500


def run(*command):
    subprocess.run(command, check=True)


class Direction:
    """One way of a link. Rules: delay, jitter (ms), loss, duplicate, corrupt (percent), rate (kbit/s) with a queue (bytes);
    lose and forge: the numbers of packets, counted since the rules were set. A forged packet has a flipped bit and a right checksum."""

    def __init__(self, source, target):
        self.source, self.target = source, target
        self.counts = dict.fromkeys(["passed", "lost", "doubled", "damaged", "overtaken"], 0)
        self.last = 0
        self.set({})

    def set(self, rules):
        self.rules, self.number, self.large, self.free = rules, 0, 0, 0.0

    def chance(self, what):
        return random.random() * 100 < self.rules.get(what, 0)

    def take(self, packet, now):
        """Yields what is to be delivered, and when."""
        if packet[0] >> 4 != 4:
            return
        number, self.number = self.number, self.number + 1
        if number in self.rules.get("lose", []) or self.chance("loss"):
            self.counts["lost"] += 1
            return
        doubled = self.chance("duplicate")
        self.counts["doubled"] += doubled
        if len(packet) > 1000:
            self.large += 1
            if self.large in self.rules.get("forge", []):
                packet = repaired(flipped(packet, 800))
                self.counts["damaged"] += 1
        for _ in range(1 + doubled):
            due = now + (self.rules.get("delay", 0) + self.rules.get("jitter", 0) * random.uniform(-1, 1)) / 1000
            if "rate" in self.rules:
                per_second = self.rules["rate"] * 125
                start = max(now, self.free)
                if (start - now) * per_second > self.rules["queue"]:
                    self.counts["lost"] += 1
                    continue
                self.free = start + len(packet) / per_second
                due += self.free - now
            if self.chance("corrupt"):
                self.counts["damaged"] += 1
                yield due, flipped(packet, random.randrange(20, len(packet)))
            else:
                yield due, packet

    def deliver(self, order, packet):
        self.counts["passed"] += 1
        self.counts["overtaken"] += order < self.last
        self.last = max(self.last, order)
        try:
            os.write(self.target, packet)
        except OSError:
            pass  # The device is down: so is the link.


def flipped(packet, at):
    return packet[:at] + bytes([packet[at] ^ 1 << random.randrange(8)]) + packet[at + 1 :]


def repaired(packet):
    """With the TCP checksum of what it carries now, as from a broken router."""
    head = (packet[0] & 15) * 4
    tcp = bytearray(packet[head:])
    tcp[16:18] = b"\0\0"
    pseudo = packet[12:20] + struct.pack("!BBH", 0, 6, len(tcp))
    padded = pseudo + tcp + b"\0" * (len(tcp) % 2)
    total = sum(struct.unpack("!%dH" % (len(padded) // 2), padded))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    tcp[16:18] = struct.pack("!H", ~total & 0xFFFF)
    return packet[:head] + bytes(tcp)


class TunLink:
    def __init__(self, n):
        near, far = self.open(f"near{n}"), self.open(f"far{n}")
        self.directions = [Direction(near, far), Direction(far, near)]

    @staticmethod
    def open(name):
        device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
        fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TUN | IFF_NO_PI))
        return device

    def set(self, rules):
        for end, direction in zip(["near", "far"], self.directions):
            if rules.get("from", end) == end:
                direction.set(rules)

    def carry(self):
        pass

    def counts(self):
        both = [direction.counts for direction in self.directions]
        return {name: sum(counts[name] for counts in both) for name in both[0]}


class VethLink:
    directions = []

    def __init__(self, n):
        self.n = n
        run("ip", "link", "add", "name", f"near{n}", "type", "veth", "peer", "name", f"far{n}")

    def set(self, rules):
        options = []
        if "delay" in rules:
            options += ["delay", f"{rules['delay']}ms", f"{rules.get('jitter', 0)}ms"]
        for name in ["loss", "duplicate", "corrupt"]:
            if name in rules:
                options += [name, f"{rules[name]}%"]
        if "rate" in rules:
            options += ["rate", f"{rules['rate']}kbit", "limit", str(max(1, rules["queue"] // MTU))]
        for end, enter in [("near", []), ("far", inside)]:
            run(*enter, "tc", "qdisc", "replace", "dev", f"{end}{self.n}", "root", "netem", *options)

    def carry(self):
        """Until the other end answers: an interface that is up has yet to learn that its neighbour is there, and says "unreachable" till then."""
        for _ in range(100):
            try:
                socket.create_connection((f"10.0.{self.n}.2", 9), 0.2).close()
                return
            except ConnectionRefusedError:
                return
            except OSError:
                time.sleep(0.05)

    def counts(self):
        return {}


far = subprocess.Popen(
    ["unshare", "--net", "sh", "-c", "echo; exec cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
)
far.stdout.readline()
inside = ["nsenter", "--target", str(far.pid), "--net"]

links = []
run("ip", "link", "set", "lo", "up")
run(*inside, "ip", "link", "set", "lo", "up")
for n in range(int(sys.argv[2])):
    links.append(TunLink(n) if sys.argv[1] == "tun" else VethLink(n))
    run("ip", "link", "set", f"far{n}", "netns", str(far.pid))
    for end, enter, address in [("near", [], 1), ("far", inside, 2)]:
        run(*enter, "ip", "addr", "add", f"10.0.{n}.{address}/24", "dev", f"{end}{n}")
        run(*enter, "ip", "link", "set", f"{end}{n}", "mtu", str(MTU), "up")


def obey(command):
    """{"link": n} with one of: "rules", "up" or "down" (which end: near or far), "counts"."""
    n = command["link"]
    if "rules" in command:
        links[n].set(command["rules"])
    for state in ["up", "down"]:
        if state in command:
            enter = inside if command[state] == "far" else []
            run(*enter, "ip", "link", "set", f"{command[state]}{n}", state)
            if state == "up":
                links[n].carry()
    return links[n].counts()


def say(answer):
    print(json.dumps(answer), flush=True)


say({"near": os.getpid(), "far": far.pid})
directions = {direction.source: direction for link in links for direction in link.directions}
poll = select.poll()
for source in [0, *directions]:
    poll.register(source, select.POLLIN)
under_way, order, typed = [], 0, b""
while True:
    wait = None if not under_way else max(0, (under_way[0][0] - time.monotonic()) * 1000)
    for source, _ in poll.poll(wait):
        if source == 0:
            text = os.read(0, 65536)
            if text == b"":
                far.kill()
                sys.exit()
            *lines, typed = (typed + text).split(b"\n")
            for line in lines:
                say(obey(json.loads(line)))
            continue
        direction = directions[source]
        try:
            packet = os.read(source, 65536)
        except OSError:
            continue
        for due, parcel in direction.take(packet, time.monotonic()):
            order += 1
            heapq.heappush(under_way, (due, order, direction, parcel))
    now = time.monotonic()
    while under_way and under_way[0][0] <= now:
        _, number, direction, parcel = heapq.heappop(under_way)
        direction.deliver(number, parcel)
