#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Fengsui Authors
# SPDX-License-Identifier: Apache-2.0
"""An independent audit of the rows of a Fengsui database on SQLite, written from docs/evidence.md with Python's standard library alone.

  audit_rows.py DATABASE KEYS MIGRATIONS [KEPT …]

KEYS is what the log publishes at /log/keys, MIGRATIONS the directory internal/db/migrations: it says which columns hold JSON. KEPT are checkpoints
that you have. Exit code 0: every row is the one that the platform wrote, and the journal of rows is that of the log. 1: not so.
"""
import hashlib
import json
import pathlib
import re
import sqlite3
import sys

from verify import Refused, checkpoint, need, open_note, read_keys


def sha(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def uvarint(n):
    out = b""
    while n >= 0x80:
        out, n = out + bytes([n & 0x7F | 0x80]), n >> 7
    return out + bytes([n])


class Reader:
    def __init__(self, b):
        self.b, self.at = b, 0

    def take(self, n):
        need(self.at + n <= len(self.b), "a list of rows ends too early")
        self.at += n
        return self.b[self.at - n : self.at]

    def uvarint(self):
        n = shift = 0
        while True:
            (x,) = self.take(1)
            n |= (x & 0x7F) << shift
            if x < 0x80:
                return n
            shift += 7

    def word(self):
        return self.take(self.uvarint())


def items(pack):
    """Yields (letter, table, key, digest) of a list of rows."""
    r, table, key = Reader(pack), None, b""
    while r.at < len(pack):
        letter = r.take(1).decode("latin-1")
        if letter == "T":
            table, key = r.word().decode(), b""
        elif letter == "C":
            yield letter, table, r.word(), None
        else:
            need(letter in "RGD" and table, "a list of rows cannot be read")
            shared = r.uvarint()
            need(shared <= len(key), "a list of rows cannot be read")
            key = key[:shared] + r.word()
            yield letter, table, key, r.take(32) if letter != "D" else None


# --- The journal, against the log -------------------------------------------------------------------------------------


def root(leaves):
    stack = []
    for leaf in leaves:
        level, h = 0, sha(b"\0", leaf)
        while stack and stack[-1][0] == level:
            level, h = level + 1, sha(b"\1", stack.pop()[1], h)
        stack.append((level, h))
    while len(stack) > 1:
        right, left = stack.pop(), stack.pop()
        stack.append((0, sha(b"\1", left[1], right[1])))
    return stack[0][1] if stack else sha()


def journal(db, keys, kept):
    """Checks every record and returns, by table, how it is watched and what was said last of each key."""
    leaves = [leaf for (leaf,) in db.execute("SELECT leaf FROM evidence WHERE seq IS NOT NULL ORDER BY seq")]
    notes = [note for (note,) in db.execute("SELECT note FROM evidence_checkpoint ORDER BY size")]
    for note in notes[-1:] + kept:
        size, want = checkpoint(note, keys)[:2]
        need(size <= len(leaves) and root(leaves[:size]) == want, f"the entries do not lead to the checkpoint of size {size}")
    entries = {i: (json.loads(leaf), head) for i, leaf, head in db.execute("SELECT id, leaf, head FROM evidence WHERE head LIKE 'rows.%'")}
    tables = {}
    for n, i, kind, at, version, rows, salt, signature in db.execute("SELECT n, id, kind, at, version, rows, salt, signature FROM row_journal ORDER BY n"):
        need(i in entries, f"record {i} has no entry")
        leaf, head = entries.pop(i)
        total = sha(salt, f"{i}\n{kind}\n{at}\n{version}\n".encode(), rows).hex()
        text, _ = open_note(signature.decode(), keys)
        need(text == f"fengsui.rows/v1\n{keys[0].name}\n{total}\n", f"record {i} is not the one that was signed")
        digest = sha(f"{kind}\n\n\n{n}\n{total}".encode()).hex()
        need(head == f"{kind}\n\n\n" and leaf["id"] == i and leaf["digest"] == digest, f"record {i} is not the one of its entry")
        moment = at[:-1].rstrip("0").rstrip(".") + "Z"
        need(leaf["at"] == moment, f"the time of record {i} was moved")
        for letter, table, key, d in items(rows):
            if letter == "C":
                need(kind == "rows.baselined", f"record {i} takes a table as it stood")
                tables[table] = (key.decode(), {})
            elif letter == "D":
                tables[table][1].pop(key, None)
            else:
                tables[table][1][key] = d
    need(not entries, f"records are gone: {', '.join(entries)}")
    return tables


# --- Rows --------------------------------------------------------------------------------------------------------------


def documents(directory):
    out = set()
    for path in pathlib.Path(directory).glob("*.sql"):
        text = path.read_text()
        for m in re.finditer(r"(?ms)^CREATE TABLE (\w+) \(.*?^\);", text):
            out |= {(m[1], c) for c in re.findall(r"(?m)^\s*(\w+)\s+JSONB\b", m[0])}
        out |= set(re.findall(r"ALTER TABLE (\w+) ADD COLUMN (\w+)\s+JSONB\b", text))
    return out


def dropped(directory):
    """The tables that migrations have taken away: what the journal said of them has no rows any more."""
    out = set()
    for path in sorted(pathlib.Path(directory).glob("*.sql")):
        for make, name in re.findall(r"(?m)^(CREATE|DROP) TABLE (?:IF (?:NOT )?EXISTS )?(\w+)", path.read_text()):
            (out.discard if make == "CREATE" else out.add)(name)
        out -= set(re.findall(r"(?m)^ALTER TABLE \w+ RENAME TO (\w+)", path.read_text()))
    return out


def canonical(text):
    """JSON without white space, members in order, numbers as they were written."""
    number = lambda digits: "\0" + digits
    try:
        value = json.loads(text, parse_float=number, parse_int=number)
    except ValueError:
        return text
    out = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    out = re.sub(r'"\\u0000([^"]*)"', r"\1", out)
    return out.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def plain(v):
    return v if isinstance(v, bytes) else str(v).encode()


def literal(sql):
    """The value of a DEFAULT."""
    if sql is None or sql.upper() == "NULL":
        return None
    if sql.startswith("'"):
        return sql[1:-1].replace("''", "'").encode()
    return {"FALSE": b"0", "TRUE": b"1"}.get(sql.upper(), sql.encode())


def rows(db, table, free, group, json_columns):
    """Yields (key, digest) of every row; the key is that of its group when there is one."""
    info = db.execute(f"SELECT name, dflt_value, pk FROM pragma_table_info('{table}')").fetchall()
    columns = sorted((name, literal(default), pk) for name, default, pk in info)
    keys = [group] if group else [name for name, _, pk in sorted(info, key=lambda x: x[2]) if pk]
    for values in db.execute(f"SELECT {', '.join(c[0] for c in columns)} FROM {table}"):
        out, named = table.encode() + b"\0", {}
        for (name, default, pk), v in zip(columns, values):
            if v is not None:
                v = plain(canonical(v) if (table, name) in json_columns else v)
                named[name] = v
            if name in free or (v == default and not pk):
                continue
            out += uvarint(len(name)) + name.encode()
            out += b"n" if v is None else b"v" + uvarint(len(v)) + v
        yield b"".join(uvarint(len(named[k])) + named[k] for k in keys), sha(out)


def compare(db, table, scheme, said, json_columns):
    words = scheme.split()
    free = set(words[2:]) if words[:2] == ["each", "but"] else set()
    group = words[1] if words[0] == "by" else None
    is_now = {}
    for key, d in rows(db, table, free, group, json_columns):
        if group:
            is_now.setdefault(key, []).append(d)
        else:
            is_now[key] = d
    if group:
        owners = {uvarint(len(k)) + k for k in (plain(k) for (k,) in db.execute(f"SELECT id FROM {words[3]}"))}
        is_now = {key: sha(*sorted(ds)) for key, ds in is_now.items() if key in owners}
    for key in said.keys() | is_now.keys():
        need(key in is_now, f"{table}: a row is gone: {key!r}")
        need(key in said, f"{table}: a row was added: {key!r}")
        need(said[key] == is_now[key], f"{table}: a row was changed: {key!r}")
    return len(is_now)


def main(database, keys, migrations, *kept):
    db = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    db.execute("BEGIN")
    tables = journal(db, read_keys(pathlib.Path(keys).read_text()), [pathlib.Path(k).read_text() for k in kept])
    need(tables, "there is no journal of rows")
    json_columns = documents(migrations)
    tables = {name: said for name, said in tables.items() if name not in dropped(migrations)}
    total = sum(compare(db, table, scheme, said, json_columns) for table, (scheme, said) in tables.items())
    print(f"HOLDS: {total} rows and groups of {len(tables)} tables are those that the platform wrote")


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except (Refused, KeyError, ValueError, TypeError, sqlite3.Error) as e:
        print(f"DOES NOT HOLD: {e}")
        sys.exit(1)
