// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/i18n"
	"github.com/fengsui/fengsui/internal/member"
)

// PurposeTransfer is the purpose of deliveries that pass a stage of a report on to an authority.
const PurposeTransfer = "transfer"

// transferMax is how many bytes of data fit into a webhook: Standard Webhooks 1.0.0 advises 20 kB for the whole message.
const transferMax = 18_000

// Transferral is what an authority receives of one stage of a report (Provisions of 2021, art. 7 ¶2): the statutory
// content, to which it is entitled, and who said it when.
type Transferral struct {
	Number       string    `json:"number"`
	Version      int       `json:"version"`
	ReceivedAt   time.Time `json:"received_at"` // of this stage
	Organisation string    `json:"organisation,omitempty"`
	Flash        bool      `json:"flash,omitempty"` // statutory items are still missing: more will follow
	Content      Statutory `json:"content"`
	Cut          bool      `json:"cut,omitempty"` // texts were shortened to fit into the message
}

// Statutory are the items that the law asks a report to hold, and the facts that say how urgent it is.
type Statutory struct {
	Vendor    string        `json:"vendor,omitempty"`
	Product   string        `json:"product"`
	Model     string        `json:"model,omitempty"`
	Versions  string        `json:"versions,omitempty"`
	Technical string        `json:"technical,omitempty"`
	Harm      string        `json:"harm,omitempty"`
	Scope     string        `json:"scope,omitempty"`
	Exploited string        `json:"exploited,omitempty"`
	Relation  duty.Relation `json:"relation,omitempty"` // of the reporter to the product
	LearnedAt time.Time     `json:"learned_at"`
}

func transferral(r Report, version int, at time.Time, org member.Org) Transferral {
	c := r.Content
	var lacks fault.Check
	c.checkStage(&lacks, false)
	return Transferral{Number: r.Number, Version: version, ReceivedAt: at.UTC(), Organisation: org.Name(i18n.Chinese),
		Flash: lacks.Err() != nil, Content: Statutory{Vendor: c.Vendor, Product: c.Product, Model: c.Model, Versions: c.Versions,
			Technical: c.Technical, Harm: c.Harm, Scope: c.Scope, Exploited: c.Exploited, Relation: c.Relation, LearnedAt: c.LearnedAt}}
}

// fits reports whether the transferral fits into a webhook as it is.
func (t Transferral) fits() bool {
	b, err := json.Marshal(t)
	return err == nil && len(b) <= transferMax
}

// fitted shortens the long texts, evenly, until the transferral fits into a webhook.
func (t Transferral) fitted() Transferral {
	whole := t.Content
	for n := 4096; n > 0 && !t.fits(); n /= 2 {
		t.Cut = true
		t.Content = whole
		for _, s := range []*string{&t.Content.Versions, &t.Content.Technical, &t.Content.Harm, &t.Content.Scope} {
			if r := []rune(*s); len(r) > n {
				*s = string(r[:n]) + "…"
			}
		}
	}
	return t
}

// queueTransfers queues the stages for every authority: by webhook when it has one and the stage fits, else by mail.
// A channel without an address is tried, and fails visibly, rather than passed over.
func (s *Service) queueTransfers(ctx context.Context, tx *db.Tx, stages []stage, authorities []member.Org) error {
	var ds []delivery.Delivery
	for _, g := range stages {
		fits := transferral(g.report, g.report.Version, tx.Now, g.org).fits()
		for _, a := range authorities {
			d := delivery.Delivery{Purpose: PurposeTransfer, Subject: transferSubject(g.report.ID, g.report.Version), OrgID: a.ID, Channel: delivery.Email}
			if a.WebhookURL != "" && (fits || a.Email == "") {
				d.Channel = delivery.Webhook
			}
			ds = append(ds, d)
		}
	}
	if err := delivery.Queue(ctx, tx, ds...); err != nil {
		return fmt.Errorf("queue transfers: %w", err)
	}
	if s.Notify != nil && len(ds) > 0 {
		tx.OnCommit(s.Notify)
	}
	return nil
}

func transferSubject(reportID string, version int) string {
	return reportID + "/" + strconv.Itoa(version)
}

// Transfer renders and follows the deliveries of PurposeTransfer. It implements delivery.Purpose.
type Transfer struct {
	Service *Service
	Members *member.Service
}

// Render returns the stage as the authority gets it. An authority that has no address at the moment is no reason to
// give up: it is asked again by the delivery's schedule.
func (t Transfer) Render(ctx context.Context, d delivery.Delivery) (m delivery.Message, err error) {
	var out Transferral
	var to member.Org
	err = t.Service.DB.View(ctx, func(tx *db.Tx) error {
		out, to, err = t.load(ctx, tx, d)
		return err
	})
	if err != nil {
		return m, fmt.Errorf("render transfer: %w", err)
	}
	m = delivery.Message{Type: "report.transferred", TLP: "AMBER+STRICT", Thread: "report/" + out.Number,
		To: to.Address(t.Service.DB.Clock.Now())}
	switch {
	case d.Channel == delivery.Webhook && to.WebhookURL == "", d.Channel == delivery.Email && to.Email == "":
		return delivery.Message{}, delivery.Reason{Code: delivery.NoAddress}
	case d.Channel == delivery.Webhook:
		m.Data = out.fitted()
	default:
		zh, en := i18n.For(i18n.Chinese), i18n.For(i18n.English)
		m.Subject = zh.T("report.transfer.subject", out.Number, out.Version) + " / " + en.T("report.transfer.subject", out.Number, out.Version)
		m.Text = out.letter(zh, en)
	}
	return m, nil
}

func (t Transfer) load(ctx context.Context, tx *db.Tx, d delivery.Delivery) (out Transferral, to member.Org, err error) {
	r, n, err := t.stageOf(ctx, tx, d)
	if err != nil {
		return out, to, err
	}
	v, err := t.Service.version(ctx, tx, r.ID, n)
	if err != nil {
		return out, to, err
	}
	org, err := t.Service.orgOf(ctx, tx, r)
	if err != nil {
		return out, to, err
	}
	r.Content = v.Content
	to, err = t.Members.OrgTx(ctx, tx, d.OrgID)
	return transferral(r, n, v.At, org), to, err
}

// stageOf reads the delivery's subject.
func (t Transfer) stageOf(ctx context.Context, tx *db.Tx, d delivery.Delivery) (Report, int, error) {
	id, version, _ := strings.Cut(d.Subject, "/")
	n, err := strconv.Atoi(version)
	if err != nil {
		return Report{}, 0, fault.Missing()
	}
	r, err := db.Get(ctx, tx, scan, `SELECT `+columns+` FROM report WHERE id = $1`, id)
	return r, n, err
}

// Ended records that the authority has the stage, or that it could not be reached for good: the platform's own duty
// has its evidence too.
func (t Transfer) Ended(ctx context.Context, tx *db.Tx, d delivery.Delivery) error {
	r, n, err := t.stageOf(ctx, tx, d)
	if err != nil {
		return fmt.Errorf("end transfer: %w", err)
	}
	eventID, err := t.Service.Events.Record(ctx, tx, member.System().By(), Transferred{ReportID: r.ID, Number: r.Number, Version: n, OrgID: d.OrgID,
		Channel: d.Channel, State: d.State})
	if err != nil || n != 1 {
		return err
	}
	return t.passedOn(ctx, tx, d, eventID)
}

// passedOn meets the platform's own duty once the last authority has the first stage of the report.
func (t Transfer) passedOn(ctx context.Context, tx *db.Tx, d delivery.Delivery, eventID string) error {
	id, _, _ := strings.Cut(d.Subject, "/")
	// Two transfers may end at the same time: each of them must see the other.
	if _, err := db.Get(ctx, tx, db.Value[string], `SELECT id FROM report WHERE id = $1`+tx.ForUpdate(), id); err != nil {
		return err
	}
	ds, err := delivery.Of(ctx, tx, PurposeTransfer, d.Subject)
	if err != nil {
		return err
	}
	at := d.DoneAt
	for _, x := range ds {
		if x.DoneAt.After(at) {
			at = x.DoneAt
		}
		if x.ID != d.ID && x.State != delivery.Delivered || x.ID == d.ID && d.State != delivery.Delivered {
			return nil
		}
	}
	return t.Service.Duties.Meet(ctx, tx, id, duty.RuleDisseminate, at, eventID)
}

// letter is the text of a mail: labels in both languages, what was reported in the reporter's own words.
func (t Transferral) letter(zh, en i18n.Printer) string {
	var b strings.Builder
	b.WriteString(zh.T("report.transfer.intro") + "\n" + en.T("report.transfer.intro") + "\n")
	line := func(key, value string) {
		if value != "" {
			fmt.Fprintf(&b, "\n%s / %s\n%s\n", zh.T(key), en.T(key), value)
		}
	}
	choice := func(key, prefix, value string) {
		if value != "" {
			line(key, zh.T(prefix+value)+" / "+en.T(prefix+value))
		}
	}
	line("report.field.number", fmt.Sprintf("%s (%d)", t.Number, t.Version))
	line("report.field.received_at", zh.DateTime(t.ReceivedAt)+" (UTC+8)")
	line("report.field.organisation", t.Organisation)
	c := t.Content
	for _, f := range []struct{ name, value string }{{"vendor", c.Vendor}, {"product", c.Product}, {"model", c.Model}, {"versions", c.Versions},
		{"technical", c.Technical}, {"harm", c.Harm}, {"scope", c.Scope}} {
		line("report.field."+f.name, f.value)
	}
	choice("report.field.exploited", "report.exploited.", c.Exploited)
	choice("report.field.relation", "duty.relation.", string(c.Relation))
	line("report.field.learned_at", zh.DateTime(c.LearnedAt)+" (UTC+8)")
	if t.Flash {
		b.WriteString("\n" + zh.T("report.transfer.flash") + "\n" + en.T("report.transfer.flash") + "\n")
	}
	return b.String()
}

// Transfers returns the deliveries of a report's stages to the authorities, oldest stage first, to whoever may read the
// report. What went wrong at an authority is for staff alone.
func (s *Service) Transfers(ctx context.Context, by member.Actor, reportID string) (out []delivery.Delivery, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		r, err := readable(ctx, tx, by, `id`, reportID)
		if err != nil {
			return err
		}
		for n := 1; n <= r.Version; n++ {
			ds, err := delivery.Of(ctx, tx, PurposeTransfer, transferSubject(r.ID, n))
			if err != nil {
				return err
			}
			out = append(out, ds...)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list transfers: %w", err)
	}
	if !by.Staff() {
		for i := range out {
			out[i].Why = delivery.Reason{}
		}
	}
	return out, nil
}
