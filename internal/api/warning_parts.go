// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"encoding/json"
	"time"

	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/warning"
)

// WarningChange is one thing in which a revision differs from the one before.
type WarningChange struct {
	What        string `json:"what" enum:"level,grade,exploited,range,flaw,workaround,limit,territory,label,reach,text"`
	Of          string `json:"of,omitempty" doc:"of a range: the package or product"`
	From        string `json:"from,omitempty"`
	To          string `json:"to,omitempty"`
	Significant bool   `json:"significant"`
}

// WarningDifference is what a revision changes.
type WarningDifference struct {
	Kind        string          `json:"kind,omitempty" doc:"as it would be released; none before the second revision"`
	Significant bool            `json:"significant" doc:"it reaches everybody at once, and voids the answers that depended on what has changed"`
	Changes     []WarningChange `json:"changes" nullable:"false"`
}

func differenceOf(d warning.Difference) WarningDifference {
	return WarningDifference{string(d.Kind), d.Significant, each(d.Changes, func(c warning.Change) WarningChange { return WarningChange(c) })}
}

func (s *Server) warningDifferences(ctx context.Context, by member.Actor, in *ByID) (*reply[WarningDifference], error) {
	d, err := s.Warnings.Differences(ctx, by, in.ID)
	return answer(differenceOf(d), err)
}

// ReleaseTrial is what a release would do at this moment.
type ReleaseTrial struct {
	Difference WarningDifference `json:"difference"`
	Class      string            `json:"class" enum:"mandatory,prompt,digest"`
	Waves      map[int]int       `json:"waves" doc:"recipients by wave"`
	Now        map[string]int    `json:"now" doc:"messages that leave at once, by channel"`
	Held       map[string]int    `json:"held" doc:"messages that wait for the end of quiet hours, by channel"`
	Digest     int               `json:"digest" doc:"messages that go into digests"`
	Silent     int               `json:"silent" doc:"units that would have to answer for the first time"`
	Standing   int               `json:"standing" doc:"answers that stand"`
	Void       map[string]int    `json:"void" doc:"answers that fall, by reason"`
}

func (s *Server) warningTry(ctx context.Context, by member.Actor, in *ByID) (*reply[ReleaseTrial], error) {
	d, err := s.Warnings.DryRun(ctx, by, in.ID)
	return answer(ReleaseTrial{differenceOf(d.Difference), string(d.Class), d.Waves, d.Now, d.Held, d.Digest, d.Silent, d.Standing, d.Void}, err)
}

// WarningView is a draft as one recipient would get it. Its link answers nothing.
type WarningView struct {
	Warning Warning         `json:"warning"`
	Subject string          `json:"subject" doc:"of the mail"`
	Text    string          `json:"text" doc:"of the mail"`
	HTML    string          `json:"html" doc:"of the mail"`
	Hook    json.RawMessage `json:"webhook" doc:"data of the webhook"`
}

type warningViewInput struct {
	ByID
	OrgID string `path:"org" doc:"id of the organisation" maxLength:"64"`
}

func (s *Server) warningAs(ctx context.Context, by member.Actor, in *warningViewInput) (*reply[WarningView], error) {
	v, err := s.Warnings.ViewAs(ctx, by, in.ID, in.OrgID)
	return answer(WarningView{warningOf(v.Warning, &v.Copy), v.Subject, v.Text, v.HTML, v.Hook}, err)
}

func (s *Server) warningExercise(ctx context.Context, by member.Actor, in *ByID) (*reply[Warning], error) {
	w, err := s.Warnings.DraftExercise(ctx, by, in.ID)
	return answer(warningOf(w, nil), err)
}

func (s *Server) warningVEX(ctx context.Context, by member.Actor, in *ByID) (*reply[json.RawMessage], error) {
	b, err := s.Warnings.VEX(ctx, by, in.ID)
	return answer(json.RawMessage(b), err)
}

// WarningProof is a file that a unit shows with its answer.
type WarningProof struct {
	ID       string    `json:"id"`
	OrgID    string    `json:"organisation"`
	Revision int       `json:"revision"`
	Name     string    `json:"name"`
	Media    string    `json:"media_type"`
	Size     int64     `json:"size" doc:"bytes"`
	At       time.Time `json:"at"`
}

// NewWarningProof is one to be kept.
type NewWarningProof struct {
	Name    string `json:"name" maxLength:"200"`
	Content []byte `json:"content" doc:"base64: PDF, PNG, JPEG or text of up to 5 MiB"`
}

// proofBody bounds the body: a proof in base64, and its name.
const proofBody = warning.MaxProof/3*4 + 4096

func proofOf(p warning.Proof) WarningProof { return WarningProof(p) }

func (s *Server) warningProve(ctx context.Context, by member.Actor, in *withBody[NewWarningProof]) (*reply[WarningProof], error) {
	p, err := s.Warnings.AddProof(ctx, by, in.ID, in.Body.Name, in.Body.Content)
	return answer(proofOf(p), err)
}

func (s *Server) warningProofs(ctx context.Context, by member.Actor, in *ByID) (*reply[list[WarningProof]], error) {
	ps, err := s.Warnings.Proofs(ctx, by, in.ID)
	return answer(lists(ps, "", proofOf), err)
}

// WarningCall is a unit that let the time limit of a warning pass in silence.
type WarningCall struct {
	Warning  string     `json:"warning"`
	Number   string     `json:"number"`
	Revision int        `json:"revision"`
	Level    string     `json:"level" enum:"red,orange,yellow"`
	OrgID    string     `json:"organisation"`
	Since    time.Time  `json:"since" doc:"when the time limit passed"`
	Lines    []CallLine `json:"lines" nullable:"false" doc:"whom to call, in this order"`
	Tries    []CallTry  `json:"tries" nullable:"false"`
}

func (s *Server) warningCalls(ctx context.Context, by member.Actor, _ *struct{}) (*reply[list[WarningCall]], error) {
	cs, err := s.Warnings.Calls(ctx, by)
	return answer(lists(cs, "", func(c warning.Call) WarningCall {
		return WarningCall{Warning: c.Warning.ID, Number: c.Warning.Number, Revision: c.Warning.Revision, Level: string(c.Warning.Level), OrgID: c.Org.ID, Since: c.Since,
			Lines: each(c.Lines, func(l duty.CallLine) CallLine { return CallLine{l.To, string(l.Post), l.Name, l.Phone} }),
			Tries: each(c.Tries, func(t duty.Try) CallTry { return CallTry{t.At, t.By, t.To, string(t.Outcome), t.Note} })}
	}), err)
}

type warningCallInput struct {
	ByID
	OrgID string `path:"org" doc:"id of the organisation" maxLength:"64"`
	Body  NewCallTry
}

func (s *Server) warningCall(ctx context.Context, by member.Actor, in *warningCallInput) (*struct{}, error) {
	return nil, s.Warnings.RecordCall(ctx, by, in.ID, in.OrgID, duty.CallInput{To: in.Body.To, Outcome: duty.Outcome(in.Body.Outcome), Note: in.Body.Note})
}
