// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package evidence

import (
	"bytes"
	"encoding/json"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// Paper is the part of a receipt that fits in a QR code: the public leaf in one line, then the proof, or the promise
// while there is none. It proves the digest and its date; what was digested is in the receipt itself.
func (r Receipt) Paper() string {
	rest := r.Proof
	if rest == "" {
		rest = r.Promise
	}
	return string(r.Entry.Leaf()) + "\n" + rest
}

// VerifyPaper checks what Paper wrote. The verdict's entry has an id, a time and a digest.
func (k Keys) VerifyPaper(text string) (Verdict, error) {
	first, rest, _ := strings.Cut(text, "\n")
	var l leaf
	if err := json.Unmarshal([]byte(first), &l); err != nil {
		return Verdict{}, ErrForm
	}
	e := Entry{ID: l.ID, At: l.At, Digest: l.Digest}
	if !bytes.Equal(e.Leaf(), []byte(first)) {
		return Verdict{}, ErrForm
	}
	v := Verdict{Entry: e, Log: k.Origin()}
	if !strings.HasPrefix(rest, proofHead) {
		n, err := note.Open([]byte(rest), k.verifiers())
		if err != nil || !canonical(rest) || n.Text != promiseText(k.Origin(), e.Leaf()) {
			return Verdict{}, ErrSignature
		}
		v.Signed = k.signer(n)
		return v, nil
	}
	var err error
	v.InLog = true
	v.Index, v.Size, v.Signed, err = k.checkProof(e.Leaf(), rest)
	return v, err
}
