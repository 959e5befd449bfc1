// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"time"

	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/i18n"
	"github.com/fengsui/fengsui/internal/report"
)

// Content is what a report says. Statutory items: product, model, versions, technical, harm, scope
// (Provisions on Network Product Security Vulnerabilities, art. 7 (2)).
type Content struct {
	Title     string     `json:"title,omitempty" maxLength:"300" doc:"made from product and weakness when empty"`
	Vendor    string     `json:"vendor,omitempty" maxLength:"300" doc:"provider of the product"`
	Product   string     `json:"product,omitempty" maxLength:"300" doc:"statutory: product name" example:"Apache Log4j2"`
	Model     string     `json:"model,omitempty" maxLength:"300" doc:"statutory: model, for hardware"`
	Versions  string     `json:"versions,omitempty" maxLength:"2000" doc:"statutory: affected versions" example:"2.0-beta9 to 2.14.1"`
	PURL      string     `json:"purl,omitempty" maxLength:"1024" doc:"package URL without version" example:"pkg:maven/org.apache.logging.log4j/log4j-core"`
	Technical string     `json:"technical,omitempty" maxLength:"20000" doc:"statutory: technical characteristics"`
	Harm      string     `json:"harm,omitempty" maxLength:"20000" doc:"statutory: harm"`
	Scope     string     `json:"scope,omitempty" maxLength:"20000" doc:"statutory: impact scope"`
	CWE       string     `json:"cwe,omitempty" maxLength:"20" example:"CWE-502"`
	CVSS      string     `json:"cvss,omitempty" maxLength:"300" doc:"vector, CVSS 3.x or 4.0"`
	Aliases   []string   `json:"aliases,omitempty" nullable:"false" maxItems:"50" example:"[\"CVE-2021-44228\"]"`
	Exploited string     `json:"exploited,omitempty" enum:"yes,no,unknown" doc:"is it used in attacks"`
	Public    string     `json:"public,omitempty" enum:"yes,no,unknown" doc:"are details public"`
	Fix       string     `json:"fix,omitempty" maxLength:"20000" doc:"what mends or mitigates it"`
	Upstream  string     `json:"upstream,omitempty" enum:"yes,no,unknown" doc:"does the flaw lie in an upstream component"`
	Told      []Told     `json:"told,omitempty" nullable:"false" maxItems:"50" doc:"whom you told already"`
	Relation  string     `json:"relation,omitempty" enum:"provider,embeds,operator,finder" doc:"your relation to the product"`
	LearnedAt time.Time  `json:"learned_at,omitzero" doc:"when you learned of it: your clocks run from here"`
	LearnedBy string     `json:"learned_by,omitempty" maxLength:"2000" doc:"how you learned of it"`
	Credit    string     `json:"credit,omitempty" maxLength:"300" doc:"whom an advisory may name"`
	Affected  []Affected `json:"affected,omitempty" nullable:"false" maxItems:"200" doc:"machine-readable ranges"`
	Kind      string     `json:"kind,omitempty" enum:"generic,event" doc:"a flaw of a product, or of one system in use: how soon the platform verifies it follows from it"`
}

// Told is one party informed outside the platform.
type Told struct {
	Who string    `json:"who" maxLength:"300"`
	At  time.Time `json:"at"`
}

// Affected is a version range of a package or, without a purl, of a product.
type Affected struct {
	PURL         string   `json:"purl,omitempty" maxLength:"1024"`
	Vendor       string   `json:"vendor,omitempty" maxLength:"300"`
	Product      string   `json:"product,omitempty" maxLength:"300"`
	Model        string   `json:"model,omitempty" maxLength:"300"`
	Introduced   string   `json:"introduced,omitempty" maxLength:"200"`
	Fixed        string   `json:"fixed,omitempty" maxLength:"200"`
	LastAffected string   `json:"last_affected,omitempty" maxLength:"200"`
	Versions     []string `json:"versions,omitempty" nullable:"false" maxItems:"2000"`
}

func (c Content) domain() report.Content {
	out := report.Content{Title: c.Title, Vendor: c.Vendor, Product: c.Product, Model: c.Model, Versions: c.Versions, PURL: c.PURL,
		Technical: c.Technical, Harm: c.Harm, Scope: c.Scope, CWE: c.CWE, CVSS: c.CVSS, Aliases: c.Aliases, Exploited: c.Exploited,
		Public: c.Public, Fix: c.Fix, Upstream: c.Upstream, Relation: duty.Relation(c.Relation), LearnedAt: c.LearnedAt,
		LearnedBy: c.LearnedBy, Credit: c.Credit, Kind: c.Kind}
	for _, t := range c.Told {
		out.Told = append(out.Told, report.Told(t))
	}
	for _, a := range c.Affected {
		out.Affected = append(out.Affected, report.Affected(a))
	}
	return out
}

func contentOf(c report.Content) Content {
	out := Content{Title: c.Title, Vendor: c.Vendor, Product: c.Product, Model: c.Model, Versions: c.Versions, PURL: c.PURL,
		Technical: c.Technical, Harm: c.Harm, Scope: c.Scope, CWE: c.CWE, CVSS: c.CVSS, Aliases: c.Aliases, Exploited: c.Exploited,
		Public: c.Public, Fix: c.Fix, Upstream: c.Upstream, Relation: string(c.Relation), LearnedAt: c.LearnedAt,
		LearnedBy: c.LearnedBy, Credit: c.Credit, Kind: c.Kind}
	for _, t := range c.Told {
		out.Told = append(out.Told, Told(t))
	}
	for _, a := range c.Affected {
		out.Affected = append(out.Affected, Affected(a))
	}
	return out
}

// Report is a received report.
type Report struct {
	ID           string    `json:"id"`
	Number       string    `json:"number" example:"FS-R-2021-000001"`
	Version      int       `json:"version" doc:"stages received so far"`
	Flash        bool      `json:"flash"`
	Completeness int       `json:"completeness" doc:"per cent of the statutory items"`
	State        string    `json:"state"`
	Relation     string    `json:"relation"`
	LearnedAt    time.Time `json:"learned_at"`
	ReceivedAt   time.Time `json:"received_at"`
	Content      *Content  `json:"content,omitempty"`
}

func reportOf(r report.Report, content bool) Report {
	out := Report{ID: r.ID, Number: r.Number, Version: r.Version, Flash: r.Flash, Completeness: r.Completeness, State: string(r.State),
		Relation: string(r.Relation), LearnedAt: r.LearnedAt, ReceivedAt: r.ReceivedAt}
	if content {
		c := contentOf(r.Content)
		out.Content = &c
	}
	return out
}

// Duty is something an organisation owes.
type Duty struct {
	ID         string     `json:"id,omitempty"`
	Rule       string     `json:"rule" example:"rmsv-7-2-report"`
	Name       string     `json:"name,omitempty" doc:"what is asked, in a few words"`
	Text       string     `json:"text,omitempty" doc:"what is asked, paraphrased"`
	Law        string     `json:"law"`
	Article    string     `json:"article"`
	Pack       string     `json:"pack,omitempty" doc:"version of the law pack from which it was derived" example:"cn-rmsv-2021@1.1.0"`
	Confidence string     `json:"confidence,omitempty" enum:"found,secondary,memory" doc:"how surely the duty is known: its text was found, read about, or is from memory and must be checked"`
	Force      string     `json:"force" enum:"mandatory,contractual,encouraged,policy"`
	AnchorAt   time.Time  `json:"anchor_at,omitzero" doc:"the fact from which the clock runs"`
	DueAt      time.Time  `json:"due_at,omitzero" doc:"strict reading"`
	LatestAt   time.Time  `json:"latest_at,omitzero" doc:"latest arguable reading"`
	Soft       bool       `json:"soft,omitempty" doc:"the law says 'at once'; due_at is this platform's target"`
	State      string     `json:"state,omitempty"`
	MetAt      *time.Time `json:"met_at,omitempty"`
	ReportID   string     `json:"report,omitempty"`
	CaseID     string     `json:"case,omitempty"`
	Recipients []string   `json:"recipients,omitempty" doc:"where it has to be sent"`
	Fields     []string   `json:"fields,omitempty" doc:"what has to be said"`
	Questions  []string   `json:"questions,omitempty" doc:"facts that are not known and on which it hangs"`
	Sentence   string     `json:"sentence" doc:"the due time in words, in your language"`
}

func dueOf(p i18n.Printer, d duty.Due) Duty {
	return Duty{Rule: d.Rule, Name: duty.Label(p, d.Rule), Law: d.Law, Article: d.Article, Pack: d.Pack, Force: string(d.Force), AnchorAt: d.AnchorAt, DueAt: d.DueAt, LatestAt: d.LatestAt,
		Soft: d.Soft, Sentence: duty.Sentence(p, d)}
}

func dutyOf(p i18n.Printer, d duty.Duty, now time.Time) Duty {
	out := dueOf(p, d.Due)
	out.Sentence = duty.Tell(p, d, now)
	out.ID, out.ReportID, out.CaseID, out.State = d.ID, d.ReportID, d.CaseID, string(d.StateAt(now))
	if !d.MetAt.IsZero() {
		out.MetAt = &d.MetAt
	}
	return out
}

// Delivery is one message on its way to one recipient.
type Delivery struct {
	ID        string          `json:"id"`
	OrgID     string          `json:"organisation,omitempty"`
	Channel   string          `json:"channel"`
	State     string          `json:"state" enum:"queued,delivered,failed,superseded"`
	Attempts  int             `json:"attempts"`
	LastError string          `json:"last_error,omitempty" doc:"in the language that was asked for"`
	Reason    *DeliveryReason `json:"reason,omitempty"`
	NextAt    time.Time       `json:"next_at,omitzero"`
	DoneAt    time.Time       `json:"done_at,omitzero"`
}

func deliveryOf(p i18n.Printer) func(delivery.Delivery) Delivery {
	return func(d delivery.Delivery) Delivery {
		return Delivery{ID: d.Name(), OrgID: d.OrgID, Channel: d.Channel, State: string(d.State), Attempts: d.Attempts, LastError: d.Why.In(p), Reason: reasonOf(d.Why), NextAt: d.NextAt, DoneAt: d.DoneAt}
	}
}
