// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/seal"
)

// Guest stands for a guest in the id of a delivery: his address is nobody's business who sees the id. It is made with the
// platform's key, so that nobody can find out by trying whether an address is the right one.
func Guest(k *seal.Keyring, purpose, subject, address string) string {
	return "guest-" + hex.EncodeToString(k.Token("delivery/guest", purpose+"\n"+subject+"\n"+address)[:10])
}

// older are the ids that a delivery to a guest has where it was made when they held the address, or a digest without a key.
func (d Delivery) older() []string {
	sum := sha256.Sum256([]byte(d.Purpose + "\n" + d.Subject + "\n" + d.Destination))
	return []string{ID(d.Purpose, d.Subject, d.Destination, d.Channel), ID(d.Purpose, d.Subject, "guest-"+hex.EncodeToString(sum[:10]), d.Channel)}
}

// old reports whether it has an id of an older kind. By no other is anything found that can be guessed.
func (d Delivery) old() bool { return d.OrgID == "" && slices.Contains(d.older(), d.ID) }

// Named is d with the name of its guest, for Name. A delivery to a member has none.
func (d Delivery) Named(k *seal.Keyring) Delivery {
	if d.OrgID == "" {
		d.Guest = Guest(k, d.Purpose, d.Subject, d.Destination)
	}
	return d
}

// Name is the id by which a delivery is shown and asked for. It is its ID, but for one to a guest that has an id of an
// older kind; without Named, nothing stands for that guest.
func (d Delivery) Name() string {
	if d.old() {
		return ID(d.Purpose, d.Subject, cmp.Or(d.Guest, "guest"), d.Channel)
	}
	return d.ID
}

// resolve returns the IDs of deliveries that are asked for by Name or ID, or by a name of an older kind.
func resolve(ctx context.Context, tx *db.Tx, k *seal.Keyring, names []string) ([]string, error) {
	out := slices.Clone(names)
	for i, name := range names {
		purpose, rest, _ := strings.Cut(name, ":")
		end := strings.LastIndex(rest, ":guest-")
		if end < 0 {
			continue
		}
		ds, err := db.List(ctx, tx, scan, `SELECT `+columns+` FROM delivery WHERE purpose = $1 AND subject = $2 AND org_id = ''`, purpose, rest[:end])
		if err != nil {
			return nil, err
		}
		for _, d := range ds {
			if d.Named(k).Name() == name || d.old() && slices.Contains(d.older(), name) {
				out[i] = d.ID
			}
		}
	}
	return out, nil
}
