// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package product

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/event"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

// An UploadState says how far an upload has come.
type UploadState string

// The states.
const (
	UploadWaiting   UploadState = "waiting"
	UploadReading   UploadState = "reading"
	UploadStoring   UploadState = "storing"
	UploadDone      UploadState = "done"
	UploadFailed    UploadState = "failed"
	UploadCancelled UploadState = "cancelled"
)

// Over reports whether nothing more happens.
func (s UploadState) Over() bool {
	return s == UploadDone || s == UploadFailed || s == UploadCancelled
}

// An Upload is a component list that is worked on after the answer, as large ones are.
type Upload struct {
	ID, OrgID, ProductID string
	Version              string
	Name                 string // of the file, or ""
	Size                 int64  // bytes
	State                UploadState
	Done, Total          int64        // components that are stored, of all; Total is 0 until it is known
	SBOMID               string       // what it led to
	Fault                *fault.Error // why it failed
	CreatedAt, ChangedAt time.Time
	blob, actor          string
}

// Uploaded: a component list came in and is worked on.
type Uploaded struct {
	UploadID  string `json:"upload"`
	ProductID string `json:"product"`
	OrgID     string `json:"org"`
}

// Kind is the stored name.
func (Uploaded) Kind() string { return "product.uploaded" }

// About puts it on no time line: the list that it leads to stands there.
func (Uploaded) About() event.About { return event.About{} }

// Upload keeps a component list of a product's version and answers at once; OnUploaded works on it. Faults as those of
// PushSBOM that can be told without reading it.
func (s *Service) Upload(ctx context.Context, by member.Actor, productID, version, name string, document []byte) (u Upload, err error) {
	var k fault.Check
	version = line(&k, "version", version, maxVersion)
	k.That(version != "", "version", "rule.required", "2.14.1")
	k.That(len(document) > 0, "document", "rule.required", "bom.cdx.json")
	if _, _, err = s.before(ctx, by, SBOM{ProductID: productID}); err == nil {
		err = k.Err()
	}
	if err != nil {
		return u, fmt.Errorf("upload: %w", err)
	}
	if u.ID, err = newID(); err != nil {
		return u, err
	}
	name = strings.Join(strings.Fields(strings.ToValidUTF8(name, "")), " ")
	if utf8.RuneCountInString(name) > maxVersion || strings.ContainsFunc(name, isControl) {
		name = ""
	}
	if u.blob, err = s.Blobs.Put(document); err != nil {
		return u, fmt.Errorf("upload: %w", err)
	}
	actor, err := json.Marshal(by)
	if err != nil {
		return u, err
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		p, err := changeable(ctx, tx, by, productID)
		if err != nil {
			return err
		}
		u.OrgID, u.ProductID, u.Version, u.Name, u.Size, u.State, u.CreatedAt, u.ChangedAt = p.OrgID, p.ID, version, name, int64(len(document)), UploadWaiting, tx.Now, tx.Now
		if err := db.Bulk(ctx, tx, `sbom_upload (id, org_id, product_id, version, name, size, blob, state, done, total, sbom_id, fault, actor, created_at, changed_at)`, "",
			[][]any{{u.ID, u.OrgID, u.ProductID, u.Version, u.Name, u.Size, u.blob, string(u.State), 0, 0, "", "", string(actor), db.At(tx.Now), db.At(tx.Now)}}); err != nil {
			return err
		}
		_, err = s.Events.Record(ctx, tx, by.By(), Uploaded{UploadID: u.ID, ProductID: p.ID, OrgID: p.OrgID})
		return err
	})
	if err != nil {
		return Upload{}, fmt.Errorf("upload: %w", err)
	}
	return u, nil
}

const uploadColumns = `u.id, u.org_id, u.product_id, u.version, u.name, u.size, u.blob, u.state, u.done, u.total, u.sbom_id, u.fault, u.actor, u.created_at, u.changed_at`

func scanUpload(r db.Row) (u Upload, err error) {
	var created, changed db.Time
	var wrong string
	if err = r.Scan(&u.ID, &u.OrgID, &u.ProductID, &u.Version, &u.Name, &u.Size, &u.blob, &u.State, &u.Done, &u.Total, &u.SBOMID, &wrong, &u.actor, &created, &changed); err != nil {
		return u, err
	}
	u.CreatedAt, u.ChangedAt = created.Time, changed.Time
	if wrong != "" {
		u.Fault = &fault.Error{}
		dec := json.NewDecoder(strings.NewReader(wrong))
		dec.UseNumber() // limits and lines stay whole numbers
		err = dec.Decode(u.Fault)
	}
	return u, err
}

// OneUpload returns an upload to who may read its product.
func (s *Service) OneUpload(ctx context.Context, by member.Actor, id string) (u Upload, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		u, err = readableUpload(ctx, tx, by, id, "")
		return err
	})
	if err != nil {
		return Upload{}, fmt.Errorf("upload: %w", err)
	}
	return u, nil
}

func readableUpload(ctx context.Context, tx *db.Tx, by member.Actor, id, suffix string) (Upload, error) {
	if !by.SignedIn() {
		return Upload{}, fault.SignIn()
	}
	if uuid.Validate(id) != nil {
		return Upload{}, fault.Missing()
	}
	u, err := db.Get(ctx, tx, scanUpload, `SELECT `+uploadColumns+` FROM sbom_upload u WHERE u.id = $1`+suffix, id)
	if err != nil {
		return Upload{}, err
	}
	return u, mayRead(by, u.OrgID)
}

// Uploads returns the uploads of a product that are under way, and those of the last day, the newest first.
func (s *Service) Uploads(ctx context.Context, by member.Actor, productID string) (us []Upload, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		p, err := readable(ctx, tx, by, productID, "")
		if err != nil {
			return err
		}
		us, err = db.List(ctx, tx, scanUpload, `SELECT `+uploadColumns+` FROM sbom_upload u WHERE u.product_id = $1 AND (u.created_at > $2 OR u.state IN ('waiting', 'reading', 'storing'))
			ORDER BY u.created_at DESC, u.id DESC LIMIT 20`, p.ID, db.At(tx.Now.Add(-24*time.Hour)))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("uploads of a product: %w", err)
	}
	return us, nil
}

// CancelUpload ends an upload that is not over. What it has stored of components stays: they are everybody's, and no list
// names them.
func (s *Service) CancelUpload(ctx context.Context, by member.Actor, id string) (u Upload, err error) {
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		if u, err = readableUpload(ctx, tx, by, id, tx.ForUpdate()); err != nil {
			return err
		}
		if err := mayChange(by, u.OrgID); err != nil {
			return err
		}
		if u.State == UploadCancelled {
			return nil
		}
		if u.State.Over() {
			return fault.Clash("product.upload.over")
		}
		u.State, u.ChangedAt = UploadCancelled, tx.Now
		return s.note(ctx, tx, u)
	})
	if err != nil {
		return Upload{}, fmt.Errorf("cancel upload: %w", err)
	}
	return u, nil
}

// note writes how far an upload has come.
func (s *Service) note(ctx context.Context, tx *db.Tx, u Upload) error {
	wrong := ""
	if u.Fault != nil {
		b, err := json.Marshal(u.Fault)
		if err != nil {
			return err
		}
		wrong = string(b)
	}
	_, err := tx.Exec(ctx, `UPDATE sbom_upload SET state = $1, done = $2, total = $3, sbom_id = $4, fault = $5, changed_at = $6 WHERE id = $7`,
		string(u.State), u.Done, u.Total, u.SBOMID, wrong, db.At(tx.Now), u.ID)
	return err
}

// errCancelled ends the work on an upload that was cancelled.
var errCancelled = errors.New("the upload was cancelled")

// OnUploaded works on an upload. After a crash it begins again; what was stored is found.
func (s *Service) OnUploaded(ctx context.Context, e Uploaded) error {
	var u Upload
	if err := s.DB.View(ctx, func(tx *db.Tx) (err error) {
		u, err = db.Get(ctx, tx, scanUpload, `SELECT `+uploadColumns+` FROM sbom_upload u WHERE u.id = $1`, e.UploadID)
		return err
	}); err != nil {
		return fmt.Errorf("work on upload: %w", err)
	}
	if u.State.Over() {
		return nil
	}
	err := s.workOn(ctx, u)
	if errors.Is(err, errCancelled) {
		return nil
	}
	if f := (*fault.Error)(nil); errors.As(err, &f) {
		return s.step(ctx, &u, func(u *Upload) { u.State, u.Fault = UploadFailed, f })
	}
	if err != nil {
		return fmt.Errorf("work on upload: %w", err)
	}
	return nil
}

// step changes an upload that is not over.
func (s *Service) step(ctx context.Context, u *Upload, change func(*Upload)) error {
	return s.DB.Tx(ctx, func(tx *db.Tx) error {
		now, err := db.Get(ctx, tx, scanUpload, `SELECT `+uploadColumns+` FROM sbom_upload u WHERE u.id = $1`+tx.ForUpdate(), u.ID)
		if err != nil {
			return err
		}
		if now.State.Over() {
			return errCancelled
		}
		change(&now)
		*u = now
		return s.note(ctx, tx, now)
	})
}

func (s *Service) workOn(ctx context.Context, u Upload) error {
	var by member.Actor
	if err := json.Unmarshal([]byte(u.actor), &by); err != nil {
		return err
	}
	if err := s.step(ctx, &u, func(u *Upload) { u.State, u.Done = UploadReading, 0 }); err != nil {
		return err
	}
	document, err := s.Blobs.Get(u.blob)
	if err != nil {
		return err
	}
	b := SBOM{ProductID: u.ProductID, Version: u.Version, SHA256: u.blob, AccountID: by.AccountID}
	p, known, err := s.before(ctx, by, b)
	if err != nil {
		return err
	}
	var parts contents
	if known.ID == "" {
		if b, parts, err = s.read(b, p, document); err != nil {
			return err
		}
	}
	if err := s.step(ctx, &u, func(u *Upload) { u.State, u.Total = UploadStoring, int64(len(parts.components)) }); err != nil {
		return err
	}
	var ids []int64
	for at := 0; at < len(parts.components); at += batch {
		some, err := s.intern(ctx, parts.components[at:min(at+batch, len(parts.components))])
		if err != nil {
			return err
		}
		ids = append(ids, some...)
		if err := s.step(ctx, &u, func(u *Upload) { u.Done = int64(len(ids)) }); err != nil {
			return err
		}
	}
	g := graphOf(ids, parts.root, parts.edges)
	b.Edges = len(g.Edges)
	n, err := s.number(ctx)
	if err != nil {
		return err
	}
	return s.DB.Tx(ctx, func(tx *db.Tx) error { // the list is current exactly if the upload is done
		now, err := db.Get(ctx, tx, scanUpload, `SELECT `+uploadColumns+` FROM sbom_upload u WHERE u.id = $1`+tx.ForUpdate(), u.ID)
		if err != nil {
			return err
		}
		if now.State.Over() {
			return errCancelled
		}
		list := b
		if err := s.finish(ctx, tx, by, &list, g, n); err != nil {
			return err
		}
		now.State, now.SBOMID = UploadDone, list.ID
		return s.note(ctx, tx, now)
	})
}
