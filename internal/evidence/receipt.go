// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package evidence

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/fengsui/fengsui/internal/db"
)

// Format names this kind of receipt.
const Format = "fengsui-receipt/v1"

// A Receipt lets its holder show, offline and to anybody, that the platform recorded an event at a time with a
// content. The chain: content → content digest in the payload → digest in the entry → leaf → Merkle proof → signed checkpoint.
type Receipt struct {
	Format  string          `json:"format"`
	Entry   Entry           `json:"entry"`
	Payload json.RawMessage `json:"payload"`           // the event, as digested in Entry.Digest with what stands in the entry
	Salt    []byte          `json:"salt"`              // of Entry.Digest
	Content json.RawMessage `json:"content,omitempty"` // what was submitted, as digested in Payload's content_digest
	Blind   []byte          `json:"blind,omitempty"`   // salt of the content digest
	Promise string          `json:"promise"`           // signed note: the log will contain, or contains, the entry
	Proof   string          `json:"proof,omitempty"`   // c2sp.org/tlog-proof@v1, once the entry is in the tree
}

// Digest is hex(SHA-256(salt ‖ content)).
func Digest(salt, content []byte) string {
	h := sha256.New()
	h.Write(salt)
	h.Write(content)
	return hex.EncodeToString(h.Sum(nil))
}

// Encode is the receipt's canonical form. Verify accepts no other, so every byte counts.
func (r Receipt) Encode() []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(r); err != nil {
		panic(err) // the raw parts were checked when the receipt was made
	}
	return b.Bytes()
}

const (
	proofHead   = "c2sp.org/tlog-proof@v1\nindex "
	promiseHead = "fengsui.receipt.promise/v1"
)

// Receipt makes the receipt of entry id with its event's payload and salt. Content and its salt are the submitter's
// own words; both may be nil.
func (l *Log) Receipt(ctx context.Context, tx *db.Tx, id string, payload, salt, content, blind []byte) (Receipt, error) {
	type row struct {
		leaf []byte
		head string
		seq  *int64
		size int64
		note string
	}
	e, err := db.Get(ctx, tx, func(r db.Row) (x row, err error) { return x, r.Scan(&x.leaf, &x.head, &x.seq, &x.size, &x.note) },
		`SELECT e.leaf, e.head, e.seq, coalesce(c.size, 0), coalesce(c.note, '') FROM evidence e
		LEFT JOIN evidence_checkpoint c ON c.size = (SELECT max(size) FROM evidence_checkpoint) WHERE e.id = $1`, id)
	if err != nil {
		return Receipt{}, fmt.Errorf("receipt of %s: %w", id, err)
	}
	out := Receipt{Format: Format, Payload: payload, Salt: salt, Content: content, Blind: blind}
	if out.Entry, err = ParseEntry(e.leaf, e.head); err != nil {
		return Receipt{}, fmt.Errorf("receipt of %s: %w", id, err)
	}
	key, err := l.signing(ctx, tx)
	if err != nil {
		return Receipt{}, err
	}
	promise, err := note.Sign(&note.Note{Text: promiseText(l.Origin(), e.leaf)}, key.signer)
	if err != nil {
		return Receipt{}, err
	}
	out.Promise = string(promise)
	if e.seq == nil {
		return out, nil
	}
	path, err := tlog.ProveRecord(e.size, *e.seq, hashes(ctx, tx, nil))
	if err != nil {
		return Receipt{}, fmt.Errorf("prove %s: %w", id, err)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s%d\n", proofHead, *e.seq)
	for _, h := range path {
		fmt.Fprintf(&b, "%s\n", h)
	}
	out.Proof = b.String() + "\n" + e.note
	return out, nil
}

func promiseText(origin string, leaf []byte) string {
	return fmt.Sprintf("%s\n%s\n%s\n", promiseHead, origin, tlog.RecordHash(leaf))
}

// A Verdict is what Verify found true.
type Verdict struct {
	Entry  Entry
	Log    string // origin of the log
	InLog  bool   // a Merkle proof was there and holds; else there is only the platform's signed promise
	Index  int64  // of the entry, when InLog
	Size   int64  // of the tree the proof refers to
	Signed string // verifier key that signed the checkpoint, or the promise
}

// Reasons for which a receipt is refused.
var (
	ErrForm      = errors.New("the receipt is not in its canonical form: it was edited, cut or re-formatted")
	ErrContent   = errors.New("the content does not belong to the receipt")
	ErrPayload   = errors.New("the recorded event does not belong to the receipt")
	ErrSignature = errors.New("the signature is not by this log's key, or what it signs was altered")
	ErrProof     = errors.New("the proof does not lead from this entry to the signed checkpoint")
)

// Verify checks a receipt with nothing but the log's public key, or its list of keys.
func Verify(receipt []byte, key string) (Verdict, error) {
	keys, err := ParseKeys(key)
	if err != nil {
		return Verdict{}, err
	}
	return keys.Verify(receipt)
}

// Verify checks a receipt.
func (k Keys) Verify(receipt []byte) (Verdict, error) {
	var r Receipt
	d := json.NewDecoder(bytes.NewReader(receipt))
	d.DisallowUnknownFields()
	if err := d.Decode(&r); err != nil || r.Format != Format || !bytes.Equal(r.Encode(), receipt) {
		return Verdict{}, ErrForm
	}
	payload, err := compact(r.Payload)
	if err != nil || strings.Count(r.Entry.head(), "\n") != 3 || r.Entry.Sealed(r.Salt, payload).Digest != r.Entry.Digest {
		return Verdict{}, ErrPayload
	}
	if r.Content != nil {
		if err := checkContent(r, payload); err != nil {
			return Verdict{}, err
		}
	}
	leaf := r.Entry.Leaf()
	n, err := note.Open([]byte(r.Promise), k.verifiers())
	if err != nil || !canonical(r.Promise) || len(n.UnverifiedSigs) > 0 || n.Text != promiseText(k.Origin(), leaf) {
		return Verdict{}, ErrSignature
	}
	v := Verdict{Entry: r.Entry, Log: k.Origin(), Signed: k.signer(n)}
	if r.Proof == "" {
		return v, nil
	}
	v.InLog = true
	v.Index, v.Size, v.Signed, err = k.checkProof(leaf, r.Proof)
	return v, err
}

// signer is the key of a note's first signature.
func (k Keys) signer(n *note.Note) string {
	for _, x := range k {
		if x.verifier.KeyHash() == n.Sigs[0].Hash {
			return x.VKey
		}
	}
	return ""
}

// compact undoes the indentation that Encode gives the raw parts.
func compact(raw json.RawMessage) ([]byte, error) {
	var b bytes.Buffer
	err := json.Compact(&b, raw)
	return b.Bytes(), err
}

func checkContent(r Receipt, payload []byte) error {
	var p struct {
		Digest string `json:"content_digest"`
	}
	content, err := compact(r.Content)
	if err != nil || json.Unmarshal(payload, &p) != nil || p.Digest == "" || Digest(r.Blind, content) != p.Digest {
		return ErrContent
	}
	return nil
}

// canonical reports whether the signatures of a note are encoded in the one canonical way: the padding bits of the last
// character could be altered otherwise.
func canonical(signed string) bool {
	for _, line := range strings.Split(signed, "\n") {
		if rest, ok := strings.CutPrefix(line, "— "); ok {
			_, sig, _ := strings.Cut(rest, " ")
			if _, err := base64.StdEncoding.Strict().DecodeString(sig); err != nil {
				return false
			}
		}
	}
	return true
}

// checkProof checks a c2sp.org/tlog-proof@v1 of leaf against the checkpoint it ends with.
func (k Keys) checkProof(leaf []byte, proof string) (index, size int64, key string, err error) {
	s, ok := strings.CutPrefix(proof, proofHead)
	lines, cp, ok2 := strings.Cut(s, "\n\n")
	if !ok || !ok2 {
		return 0, 0, "", ErrProof
	}
	c, err := k.Checkpoint(cp)
	if err != nil {
		return 0, 0, "", err
	}
	if n, err := note.Open([]byte(cp), k.verifiers()); err != nil || !canonical(cp) || len(n.UnverifiedSigs) > 0 {
		return 0, 0, "", ErrSignature
	}
	first, rest, _ := strings.Cut(lines, "\n")
	if index, err = strconv.ParseInt(first, 10, 64); err != nil {
		return 0, 0, "", ErrProof
	}
	path, err := parseHashes(rest)
	if err != nil || tlog.CheckRecord(path, c.Size, c.Root, index, tlog.RecordHash(leaf)) != nil {
		return 0, 0, "", ErrProof
	}
	return index, c.Size, c.Key, nil
}

// parseHashes reads hashes in canonical base64, one a line.
func parseHashes(lines string) (hs []tlog.Hash, err error) {
	if lines == "" {
		return nil, nil
	}
	for _, l := range strings.Split(lines, "\n") {
		b, err := base64.StdEncoding.Strict().DecodeString(l)
		if err != nil || len(b) != tlog.HashSize {
			return nil, ErrProof
		}
		hs = append(hs, tlog.Hash(b))
	}
	return hs, nil
}
