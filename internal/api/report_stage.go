// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"time"

	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/report"
)

// Stage is one stage of a report with what it said.
type Stage struct {
	Version    int       `json:"version"`
	ReceivedAt time.Time `json:"received_at"`
	Content    Content   `json:"content"`
}

func (s *Server) reportStages(ctx context.Context, by member.Actor, in *ByID) (*reply[list[Stage]], error) {
	vs, err := s.Reports.Versions(ctx, by, in.ID)
	return answer(lists(vs, "", func(v report.Version) Stage {
		return Stage{Version: v.N, ReceivedAt: v.At, Content: contentOf(v.Content)}
	}), err)
}

// KeptFile is an attachment of a report, without its bytes.
type KeptFile struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	MediaType string    `json:"media_type" doc:"found from the bytes"`
	Size      int64     `json:"size" doc:"bytes"`
	SHA256    string    `json:"sha256"`
	At        time.Time `json:"at"`
}

func (s *Server) reportFiles(ctx context.Context, by member.Actor, in *ByID) (*reply[list[KeptFile]], error) {
	as, err := s.Reports.Attachments(ctx, by, in.ID)
	return answer(lists(as, "", func(a report.Attachment) KeptFile {
		return KeptFile{ID: a.ID, Name: a.Name, MediaType: a.MediaType, Size: a.Size, SHA256: a.SHA256, At: a.At}
	}), err)
}

// fileReply is the bytes of an attachment. They are a stranger's: they are for saving, never for showing.
type fileReply struct {
	ContentType        string `header:"Content-Type"`
	ContentDisposition string `header:"Content-Disposition"`
	Body               []byte
}

func (s *Server) reportFile(ctx context.Context, by member.Actor, in *ByID) (*fileReply, error) {
	_, b, err := s.Reports.Attachment(ctx, by, in.ID)
	if err != nil {
		return nil, err
	}
	return &fileReply{"application/octet-stream", "attachment", b}, nil
}

func (s *Server) reportCase(ctx context.Context, by member.Actor, in *ByID) (*reply[Case], error) {
	c, err := s.Cases.OfReport(ctx, by, in.ID)
	return answer(caseRow(c), err)
}
