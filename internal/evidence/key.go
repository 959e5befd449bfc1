// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package evidence

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// KeysFormat names this kind of list of keys.
const KeysFormat = "fengsui-keys/v1"

// A KeyList is what a log publishes about its keys: the first one, and the statements by which each key named the next.
type KeyList struct {
	Format    string   `json:"format"`
	Origin    string   `json:"origin"`
	First     string   `json:"first"`     // verifier key, golang.org/x/mod/sumdb/note
	Rotations []string `json:"rotations"` // signed notes, oldest first
}

// Encode is the list's text.
func (k KeyList) Encode() []byte {
	b, err := json.MarshalIndent(k, "", "  ")
	if err != nil {
		panic(err) // strings always marshal
	}
	return append(b, '\n')
}

// Keys are the keys of one log, oldest first. Whoever trusts one of them trusts the others: each change of keys is
// signed by the old key and by the new one.
type Keys []Key

// A Key is one key of a log.
type Key struct {
	VKey     string // verifier key
	Until    int64  // size of the largest tree that it may sign; -1 while it is in use
	verifier note.Verifier
}

// Reasons for which keys are refused.
var (
	ErrKey      = errors.New("this is no verifier key of a log, and no list of keys")
	ErrRotation = errors.New("the list of keys is broken: a change of keys is not signed by the old key and the new one")
	ErrStranger = errors.New("the key that is trusted is not among those of the log")
)

// ParseKeys reads a verifier key, or a list of keys (KeyList) whose first key it then trusts.
func ParseKeys(text string) (Keys, error) {
	text = strings.TrimSpace(text)
	if !strings.HasPrefix(text, "{") {
		k, err := newKey(text)
		if err != nil {
			return nil, err
		}
		return Keys{k}, nil
	}
	var list KeyList
	if err := json.Unmarshal([]byte(text), &list); err != nil || list.Format != KeysFormat {
		return nil, ErrKey
	}
	return chain(list.First, list.Rotations)
}

// Trusting returns the keys of a list when the anchor, a verifier key got in another way, is among them.
func (k Keys) Trusting(anchor string) (Keys, error) {
	for _, x := range k {
		if x.VKey == strings.TrimSpace(anchor) {
			return k, nil
		}
	}
	return nil, ErrStranger
}

func newKey(vkey string) (Key, error) {
	v, err := note.NewVerifier(strings.TrimSpace(vkey))
	if err != nil {
		return Key{}, ErrKey
	}
	return Key{VKey: strings.TrimSpace(vkey), Until: -1, verifier: v}, nil
}

// chain follows the changes of keys from the first one.
func chain(first string, rotations []string) (Keys, error) {
	k, err := newKey(first)
	if err != nil {
		return nil, err
	}
	keys := Keys{k}
	for _, signed := range rotations {
		last := &keys[len(keys)-1]
		lines := strings.Split(signed, "\n")
		if len(lines) < 6 {
			return nil, ErrRotation
		}
		next, err := newKey(lines[4])
		if err != nil {
			return nil, err
		}
		n, err := note.Open([]byte(signed), note.VerifierList(last.verifier, next.verifier))
		if err != nil || len(n.Sigs) != 2 || len(n.UnverifiedSigs) > 0 || next.verifier.Name() != last.verifier.Name() {
			return nil, ErrRotation
		}
		last.Until, err = strconv.ParseInt(lines[2], 10, 64)
		if err != nil || n.Text != rotationText(last.verifier.Name(), last.Until, last.VKey, next.VKey) {
			return nil, ErrRotation
		}
		keys = append(keys, next)
	}
	return keys, nil
}

func rotationText(origin string, until int64, old, next string) string {
	return fmt.Sprintf("fengsui.log.rotation/v1\n%s\n%d\n%s\n%s\n", origin, until, old, next)
}

// Origin is the name of the log.
func (k Keys) Origin() string { return k[0].verifier.Name() }

func (k Keys) verifiers() note.Verifiers {
	var vs []note.Verifier
	for _, x := range k {
		vs = append(vs, x.verifier)
	}
	return note.VerifierList(vs...)
}

// A Checkpoint is what a log signed about its tree.
type Checkpoint struct {
	Size int64
	Root tlog.Hash
	Key  string // verifier key that signed it
	Text string // the signed note
}

// Checkpoint checks a signed checkpoint (c2sp.org/tlog-checkpoint). Signatures by others, such as witnesses, may stand
// beside the log's.
func (k Keys) Checkpoint(text string) (c Checkpoint, err error) {
	n, err := note.Open([]byte(text), k.verifiers())
	if err != nil {
		return c, ErrSignature
	}
	lines := strings.Split(n.Text, "\n")
	if len(lines) < 4 || lines[0] != k.Origin() {
		return c, ErrProof
	}
	c = Checkpoint{Text: text}
	var err2 error
	c.Size, err = strconv.ParseInt(lines[1], 10, 64)
	c.Root, err2 = tlog.ParseHash(lines[2])
	if errors.Join(err, err2) != nil || c.Size < 0 || strconv.FormatInt(c.Size, 10) != lines[1] {
		return c, ErrProof
	}
	for _, s := range n.Sigs {
		for _, x := range k {
			if x.verifier.KeyHash() == s.Hash && (x.Until < 0 || c.Size <= x.Until) {
				c.Key = x.VKey
				return c, nil
			}
		}
	}
	return c, ErrSignature // by a key that had been replaced
}
