// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package osv

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/fengsui/fengsui/internal/spec/bound"
)

// ErrSyntax says that a document is no record.
var ErrSyntax = errors.New("osv: this is no JSON of an OSV record")

// Limits on what is kept of a foreign record.
const (
	maxForeignCredits  = 2_000
	maxForeignAffected = 20_000
)

// Read reads somebody else's record within bounds. It asks for what every record has, an id and the time of its last
// change, and leaves the rest of the schema to Check: whom a record thanks must not be lost to a slip elsewhere in it.
// A list that is too long is cut.
func Read(b []byte) (Record, error) {
	var r Record
	if err := bound.Document.Check(b); err != nil {
		return Record{}, fmt.Errorf("osv: %w", err)
	}
	if err := json.Unmarshal(b, &r); err != nil {
		return Record{}, ErrSyntax
	}
	switch {
	case r.ID == "":
		return Record{}, &Refused{"id", Required}
	case !id.MatchString(r.ID):
		return Record{}, &Refused{"id", Prefix}
	case r.Modified.IsZero():
		return Record{}, &Refused{"modified", Required}
	}
	r.Credits, r.Affected = r.Credits[:min(len(r.Credits), maxForeignCredits)], r.Affected[:min(len(r.Affected), maxForeignAffected)]
	return r, nil
}
