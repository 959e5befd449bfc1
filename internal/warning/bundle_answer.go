// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package warning

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"strings"

	"github.com/google/uuid"

	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/i18n"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/spec/openvex"
)

// answerFormat names this kind of file.
const answerFormat = "fengsui-answer/1"

// MaxAnswerSheet bounds a sheet that is handed back, in bytes.
const MaxAnswerSheet = 64 << 10

// An AnswerSheet is an answer that is filled in on a machine without a network, and handed back.
type AnswerSheet struct {
	Format        string                `json:"format"`
	Warning       string                `json:"warning"`
	Number        string                `json:"number"`
	Revision      int                   `json:"revision"`
	OrgID         string                `json:"organisation"`
	How           string                `json:"how,omitempty"`
	Answer        Answer                `json:"answer"`
	Justification openvex.Justification `json:"justification"`
	Assets        int                   `json:"assets"`
	Comment       string                `json:"comment"`
}

// newAnswerSheet is a blank one.
func newAnswerSheet(w Warning, orgID string) AnswerSheet {
	how := i18n.For(i18n.Chinese).T("warning.bundle.how", list(Answers), list(openvex.Justifications)) + " " + i18n.For(i18n.English).T("warning.bundle.how", list(Answers), list(openvex.Justifications))
	return AnswerSheet{Format: answerFormat, Warning: w.ID, Number: w.Number, Revision: w.Revision, OrgID: orgID, How: how}
}

// ReadAnswerSheet reads a sheet that was filled in. Faults: Invalid for what is none, or still blank.
func ReadAnswerSheet(b []byte) (x AnswerSheet, err error) {
	if len(b) > MaxAnswerSheet {
		return x, &fault.Error{Kind: fault.TooLarge, Key: "fault.too-large", Args: []any{"64 KiB"}}
	}
	d := json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(b, []byte("\xef\xbb\xbf")))) // some editors begin a file with it
	d.DisallowUnknownFields()
	var f fault.Check
	err = d.Decode(&x)
	_, end := d.Token()
	f.That(err == nil && end == io.EOF && x.Format == answerFormat && uuid.Validate(x.Warning) == nil && x.Revision > 0, "sheet", "warning.rule.answer-sheet", "answer.json")
	if err := f.Err(); err != nil {
		return AnswerSheet{}, err
	}
	return x, x.input().check()
}

func (x AnswerSheet) input() AnswerInput {
	return AnswerInput{Answer: x.Answer, Justification: x.Justification, Assets: x.Assets, Comment: strings.TrimSpace(x.Comment)}
}

// AcknowledgeSheet answers by a sheet that was filled in without a network, for the actor's own unit. A sheet of another
// unit looks like one about a warning that does not exist. Of a revision that a significant one has replaced it is refused
// (Conflict): the advice has changed. Faults: Invalid, NotFound, Conflict.
func (s *Service) AcknowledgeSheet(ctx context.Context, by member.Actor, sheet []byte) (x AnswerSheet, r Recipient, err error) {
	if err := unit(by); err != nil {
		return x, r, err
	}
	if x, err = ReadAnswerSheet(sheet); err != nil {
		return x, r, err
	}
	if x.OrgID != by.OrgID {
		return AnswerSheet{}, r, fault.Missing()
	}
	r, err = s.answer(ctx, by, x.Warning, x.Revision, x.input())
	return x, r, err
}
