// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"context"
	"fmt"
	"net/http"
	"path"
	"slices"
	"strings"
	"unicode"

	"github.com/google/uuid"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

// Limits of attachments, for one stage of a report.
const (
	maxFiles    = 10
	maxFileSize = 20 << 20
	maxFileName = 120 // characters
)

// A File comes with a report. Its media type is not believed but found from the bytes.
type File struct {
	Name, MediaType string
	Bytes           []byte
}

// checkFiles collects what is wrong with files, or says that one is too large.
func checkFiles(k *fault.Check, files []File) error {
	k.That(len(files) <= maxFiles, "attachments", "report.rule.count", "", maxFiles)
	for i, f := range files {
		k.That(len(f.Bytes) > 0, fmt.Sprintf("attachments[%d]", i), "report.rule.file-empty", "")
		if len(f.Bytes) > maxFileSize {
			return &fault.Error{Kind: fault.TooLarge, Key: "fault.too-large", Args: []any{"20 MiB"}}
		}
	}
	return nil
}

// keep stores the bytes of files and returns what the report will say about them. Files whose report is refused
// afterwards stay behind sealed and unnamed; sent again, they are the same blobs.
func (s *Service) keep(files []File) (as []Attachment, err error) {
	for i, f := range files {
		key, err := s.Blobs.Put(f.Bytes)
		if err != nil {
			return nil, fmt.Errorf("keep attachment %d: %w", i+1, err)
		}
		as = append(as, Attachment{Name: fileName(f.Name, i+1), MediaType: http.DetectContentType(f.Bytes), Size: int64(len(f.Bytes)),
			SHA256: key, Blob: key})
	}
	return as, nil
}

// fileName is the last element of a name from any system, without what could mislead a reader or a shell.
func fileName(name string, n int) string {
	name = path.Base(strings.ReplaceAll(strings.ToValidUTF8(name, ""), `\`, "/"))
	name = strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.C) || strings.ContainsRune(`<>:"|?*`, r) { // control and formatting, such as a reversal of the text's direction
			return -1
		}
		return r
	}, name)
	name = strings.TrimLeft(strings.TrimSpace(name), ". /")
	if name == "" {
		return fmt.Sprintf("attachment-%d", n)
	}
	if r := []rune(name); len(r) > maxFileName {
		ext := []rune(path.Ext(name))
		if len(ext) > 10 {
			ext = nil
		}
		name = string(r[:maxFileName-len(ext)]) + string(ext)
	}
	return name
}

const attachmentColumns = `id, report_id, name, media_type, size, sha256, blob, at`

func scanAttachment(r db.Row) (a Attachment, err error) {
	var at db.Time
	err = r.Scan(&a.ID, &a.ReportID, &a.Name, &a.MediaType, &a.Size, &a.SHA256, &a.Blob, &at)
	a.At = at.Time
	return a, err
}

func insertAttachments(ctx context.Context, tx *db.Tx, stages []stage) error {
	var rows [][]any
	for _, g := range stages {
		for _, a := range g.files {
			id, err := uuid.NewV7()
			if err != nil {
				return err
			}
			rows = append(rows, []any{id.String(), g.report.ID, a.Name, a.MediaType, a.Size, a.SHA256, a.Blob, db.At(tx.Now)})
		}
	}
	return db.Bulk(ctx, tx, `attachment (`+attachmentColumns+`)`, "", rows)
}

func attachmentsOf(ctx context.Context, tx *db.Tx, reportID string) ([]Attachment, error) {
	return db.List(ctx, tx, scanAttachment, `SELECT `+attachmentColumns+` FROM attachment WHERE report_id = $1 ORDER BY id`, reportID)
}

// fresh leaves out files that the report has already under the same name.
func fresh(as, have []Attachment) []Attachment {
	return slices.DeleteFunc(slices.Clone(as), func(a Attachment) bool {
		return slices.ContainsFunc(have, func(h Attachment) bool { return h.SHA256 == a.SHA256 && h.Name == a.Name })
	})
}

func digests(as []Attachment) (sums []string) {
	for _, a := range as {
		sums = append(sums, a.SHA256)
	}
	return sums
}

// Attachments returns what is attached to a report, without the bytes, to whoever may read the report.
func (s *Service) Attachments(ctx context.Context, by member.Actor, reportID string) (as []Attachment, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		if _, err := readable(ctx, tx, by, `id`, reportID); err != nil {
			return err
		}
		as, err = attachmentsOf(ctx, tx, reportID)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list attachments: %w", err)
	}
	return as, nil
}

// Attachment returns one attachment and its bytes to whoever may read its report. The bytes are a stranger's: a surface
// must not show them as part of a page.
func (s *Service) Attachment(ctx context.Context, by member.Actor, id string) (a Attachment, b []byte, err error) {
	if !by.SignedIn() {
		return a, nil, fault.SignIn()
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		if uuid.Validate(id) != nil {
			return fault.Missing()
		}
		if a, err = db.Get(ctx, tx, scanAttachment, `SELECT `+attachmentColumns+` FROM attachment WHERE id = $1`, id); err != nil {
			return err
		}
		_, err := readable(ctx, tx, by, `id`, a.ReportID)
		return err
	})
	if err != nil {
		return Attachment{}, nil, fmt.Errorf("get attachment: %w", err)
	}
	if b, err = s.Blobs.Get(a.Blob); err != nil {
		return Attachment{}, nil, fmt.Errorf("get attachment %s: %w", a.ID, err)
	}
	return a, b, nil
}
