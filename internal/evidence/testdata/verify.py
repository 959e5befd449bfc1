#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Fengsui Authors
# SPDX-License-Identifier: Apache-2.0
"""An independent verifier of Fengsui's evidence, written from docs/evidence.md with Python's standard library alone.

  verify.py receipt   RECEIPT KEYS                  does the receipt hold?
  verify.py log       URL|DIRECTORY KEYS [KEPT …]   does the whole log lead to its checkpoint, and to those that were kept?
  verify.py extends   OLD NEW PROOF KEYS            is the tree of checkpoint NEW the tree of OLD with entries added?

KEYS is a file with a verifier key, or with the list that the log publishes at /log/keys. Exit code 0: it holds. 1: it does not.
"""
import base64
import hashlib
import json
import pathlib
import sys
import urllib.request


class Refused(Exception):
    pass


def need(ok, why):
    if not ok:
        raise Refused(why)


# --- Ed25519, RFC 8032 section 5.1.7, in affine and extended coordinates -----------------------------------------------

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
I = pow(2, (P - 1) // 4, P)


def recover_x(y, sign):
    if y >= P:
        return None
    x2 = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    if x2 == 0:
        return None if sign else 0
    x = pow(x2, (P + 3) // 8, P)
    if (x * x - x2) % P:
        x = x * I % P
    if (x * x - x2) % P:
        return None
    return P - x if (x & 1) != sign else x


def point(b):
    y = int.from_bytes(b, "little")
    sign, y = y >> 255, y & ((1 << 255) - 1)
    x = recover_x(y, sign)
    need(x is not None, "a point is not on the curve")
    return (x, y, 1, x * y % P)


def add(p, q):
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def times(s, p):
    q = (0, 1, 1, 0)
    while s:
        if s & 1:
            q = add(q, p)
        p, s = add(p, p), s >> 1
    return q


BASE_Y = 4 * pow(5, P - 2, P) % P
BASE = (recover_x(BASE_Y, 0), BASE_Y, 1, recover_x(BASE_Y, 0) * BASE_Y % P)


def ed25519(public, message, signature):
    need(len(public) == 32 and len(signature) == 64, "a key or a signature has the wrong length")
    s = int.from_bytes(signature[32:], "little")
    if s >= L:
        return False
    a, r = point(public), point(signature[:32])
    k = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % L
    left, right = times(s, BASE), add(r, times(k, a))
    return (left[0] * right[2] - right[0] * left[2]) % P == 0 and (left[1] * right[2] - right[1] * left[2]) % P == 0


# --- Signed notes and keys --------------------------------------------------------------------------------------------


def b64(text):
    b = base64.b64decode(text, validate=True)
    need(base64.b64encode(b).decode() == text, "base64 is not in its canonical form")
    return b


class Key:
    def __init__(self, vkey):
        self.vkey, self.until = vkey.strip(), None
        parts = self.vkey.split("+", 2)
        need(len(parts) == 3, "this is no verifier key")
        self.name, material = parts[0], b64(parts[2])
        need(material[:1] == b"\x01" and len(material) == 33, "this is no Ed25519 key")
        self.public = material[1:]
        self.id = hashlib.sha256(self.name.encode() + b"\n" + material).digest()[:4]
        need(self.id.hex() == parts[1], "the hash of the key is wrong")


def open_note(text, keys):
    """Returns the signed text and the keys, among those given, that signed it."""
    body, sep, lines = text.rpartition("\n\n")
    need(sep, "this is no signed note")
    body, signers = body + "\n", []
    for line in lines.splitlines():
        dash, name, signature = line.split(" ")
        need(dash == "\u2014", "this is no signature line")
        raw = b64(signature)
        for k in keys:
            if k.name == name and k.id == raw[:4]:
                need(ed25519(k.public, body.encode(), raw[4:]), "a signature is wrong")
                signers.append(k)
    need(signers, "no key of this log signed it")
    return body, signers


def read_keys(text):
    if not text.lstrip().startswith("{"):
        return [Key(text)]
    doc = json.loads(text)
    need(doc["format"] == "fengsui-keys/v1", "this is no list of keys")
    keys = [Key(doc["first"])]
    for statement in doc["rotations"]:
        lines = statement.split("\n")
        old, new = keys[-1], Key(lines[4])
        body, signers = open_note(statement, [old, new])
        need(set(signers) == {old, new}, "a change of keys is not signed by both keys")
        need(body == "\n".join(["fengsui.log.rotation/v1", old.name, str(int(lines[2])), old.vkey, new.vkey, ""]), "a change of keys says something else")
        old.until = int(lines[2])
        keys.append(new)
    return keys


def checkpoint(text, keys):
    """Returns size and root of a signed checkpoint (c2sp.org/tlog-checkpoint)."""
    body, signers = open_note(text, keys)
    lines = body.split("\n")
    need(len(lines) >= 4 and lines[0] == keys[0].name and str(int(lines[1])) == lines[1], "this is no checkpoint of the log")
    size, root = int(lines[1]), b64(lines[2])
    need(any(k.until is None or size <= k.until for k in signers), "the checkpoint is signed by a key that had been replaced")
    return size, root


# --- Merkle trees, RFC 6962 section 2.1 and RFC 9162 section 2.1.3 ----------------------------------------------------


def leaf_hash(b):
    return hashlib.sha256(b"\x00" + b).digest()


def node_hash(a, b):
    return hashlib.sha256(b"\x01" + a + b).digest()


def included(leaf, index, size, path, root):
    need(0 <= index < size, "the index is outside the tree")
    fn, sn, r = index, size - 1, leaf
    for p in path:
        need(sn > 0, "the proof is too long")
        if fn & 1 or fn == sn:
            r = node_hash(p, r)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = node_hash(r, p)
        fn, sn = fn >> 1, sn >> 1
    need(sn == 0 and r == root, "the proof does not lead to the checkpoint")


def extends(old, old_root, new, new_root, path):
    need(0 < old <= new, "the older tree is the larger one")
    if old == new:
        need(not path and old_root == new_root, "two trees of the same size differ")
        return
    if old & (old - 1) == 0:
        path = [old_root] + path
    need(path, "the proof is empty")
    fn, sn = old - 1, new - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = path[0]
    for c in path[1:]:
        need(sn > 0, "the proof is too long")
        if fn & 1 or fn == sn:
            fr, sr = node_hash(c, fr), node_hash(c, sr)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = node_hash(sr, c)
        fn, sn = fn >> 1, sn >> 1
    need(fr == old_root and sr == new_root and sn == 0, "the newer tree does not begin with the older one")


# --- Receipts ---------------------------------------------------------------------------------------------------------


def parts(text):
    """Returns the members of a JSON object as they are written, and as they are read."""
    decoder, raw, read, i = json.JSONDecoder(), {}, {}, text.index("{") + 1

    def skip(i):
        while text[i] in " \t\r\n,:":
            i += 1
        return i

    while text[i := skip(i)] != "}":
        name, i = decoder.raw_decode(text, i)
        need(name not in read, "a member stands twice")
        start = skip(i)
        read[name], i = decoder.raw_decode(text, start)
        raw[name] = text[start:i]
    need(not text[i + 1:].strip(), "something follows the receipt")
    return raw, read


def compact(raw):
    """Takes the white space between the tokens of JSON away, and leaves every other byte."""
    out, quoted, escaped = [], False, False
    for c in raw:
        if quoted:
            quoted, escaped = not (c == '"' and not escaped), c == "\\" and not escaped
        elif c in " \t\r\n":
            continue
        elif c == '"':
            quoted = True
        out.append(c)
    return "".join(out).encode()


def digest(salt, content):
    return hashlib.sha256(salt + content).hexdigest()


def receipt(text, keys):
    raw, r = parts(text)
    need(r["format"] == "fengsui-receipt/v1", "this is no receipt")
    need(set(r) <= {"format", "entry", "payload", "salt", "content", "blind", "promise", "proof"}, "the receipt has an unknown member")
    e, payload = r["entry"], compact(raw["payload"])
    need(set(e) == {"id", "kind", "at", "subject", "context", "digest"}, "the entry has other members")
    head = e["kind"] + "\n" + e["subject"] + "\n" + e["context"] + "\n"
    need(head.count("\n") == 3, "a member of the entry has a line break")
    need(digest(b64(r["salt"]), head.encode() + payload) == e["digest"], "the event does not belong to the receipt")
    if "content" in r:
        need(digest(b64(r.get("blind", "")), compact(raw["content"])) == r["payload"]["content_digest"], "the content does not belong to the receipt")
    leaf = leaf_hash(public(e))
    body, _ = open_note(r["promise"], keys)
    need(body == "fengsui.receipt.promise/v1\n%s\n%s\n" % (keys[0].name, base64.b64encode(leaf).decode()), "the promise is about another entry")
    if "proof" not in r:
        return "%s %s at %s: promised, not proven" % (e["kind"], e["subject"], e["at"])
    first, _, text = r["proof"].partition("\n\n")
    lines = first.split("\n")
    need(lines[0] == "c2sp.org/tlog-proof@v1" and lines[1].startswith("index "), "this is no proof")
    index = int(lines[1][len("index "):])
    size, root = checkpoint(text, keys)
    included(leaf, index, size, [b64(x) for x in lines[2:]], root)
    return "%s %s at %s: entry %d of %d" % (e["kind"], e["subject"], e["at"], index, size)


def public(entry):
    """The bytes that the tree hashes."""
    return json.dumps({"id": entry["id"], "at": entry["at"], "digest": entry["digest"]}, separators=(",", ":"), ensure_ascii=False).encode()


# --- The whole log: c2sp.org/tlog-tiles -------------------------------------------------------------------------------


def source(place):
    if place.startswith(("http://", "https://")):
        return lambda path: urllib.request.urlopen(place.rstrip("/") + "/" + path, timeout=60).read()
    return lambda path: pathlib.Path(place, path).read_bytes()


def tile_path(level, n, width):
    text = "%03d" % (n % 1000)
    while n >= 1000:
        n //= 1000
        text = "x%03d/%s" % (n % 1000, text)
    return "tile/%s/%s%s" % (level, text, "" if width == 256 else ".p/%d" % width)


def tile(read, level, n, width):
    try:
        return read(tile_path(level, n, width))
    except OSError:
        if width == 256:
            raise
        return read(tile_path(level, n, 256))


def log(read, keys, kept):
    size, root = checkpoint(read("checkpoint").decode(), keys)
    roots = {}
    for text in kept:
        s, r = checkpoint(text, keys)
        need(s <= size, "the log is shorter than it was")
        roots[s] = r
    edge, n = [], 0  # complete subtrees (level, hash) from left to right
    while n < size:
        width = min(256, size - n)
        b, hashes = tile(read, "entries", n // 256, width), tile(read, 0, n // 256, width)
        for i in range(width):
            length = int.from_bytes(b[:2], "big")
            entry, b = b[2:2 + length], b[2 + length:]
            need(len(entry) == length and public(json.loads(entry)) == entry, "entry %d is not in its canonical form" % n)
            level, h = 0, leaf_hash(entry)
            need(hashes[32 * i:32 * i + 32] == h, "a tile does not hold the hash of entry %d" % n)
            while edge and edge[-1][0] == level:
                level, h = level + 1, node_hash(edge.pop()[1], h)
            edge.append((level, h))
            n += 1
            if n in roots:
                need(root_of(edge) == roots[n], "the first %d entries are not those of the checkpoint that was kept" % n)
    need(root_of(edge) == root, "the entries do not lead to the checkpoint")
    return "%d entries lead to the checkpoint" % size


def root_of(edge):
    if not edge:
        return hashlib.sha256(b"").digest()
    h = edge[-1][1]
    for _, left in reversed(edge[:-1]):
        h = node_hash(left, h)
    return h


# ----------------------------------------------------------------------------------------------------------------------


def main(args):
    text = lambda name: pathlib.Path(name).read_bytes().decode()
    if len(args) == 3 and args[0] == "receipt":
        return receipt(text(args[1]), read_keys(text(args[2])))
    if len(args) >= 3 and args[0] == "log":
        return log(source(args[1]), read_keys(text(args[2])), [text(a) for a in args[3:]])
    if len(args) == 5 and args[0] == "extends":
        keys = read_keys(text(args[4]))
        (old, old_root), (new, new_root) = checkpoint(text(args[1]), keys), checkpoint(text(args[2]), keys)
        extends(old, old_root, new, new_root, [b64(x) for x in text(args[3]).split()])
        return "%d entries, then %d: nothing was changed" % (old, new)
    sys.exit(__doc__)


if __name__ == "__main__":
    try:
        print("HOLDS: " + main(sys.argv[1:]))
    except Refused as e:
        sys.exit("DOES NOT HOLD: %s" % e)
    except (ValueError, KeyError, TypeError, IndexError, OSError) as e:
        sys.exit("DOES NOT HOLD: it cannot be read: %r" % e)
