// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"github.com/fengsui/fengsui/internal/casework"
	"github.com/fengsui/fengsui/internal/credit"
	"github.com/fengsui/fengsui/internal/event"
	"github.com/fengsui/fengsui/internal/match"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/product"
	"github.com/fengsui/fengsui/internal/report"
	"github.com/fengsui/fengsui/internal/vuln"
)

// flow says what follows what. Read it top to bottom: it is the platform's day. What stands between the rows is done
// by people; nothing but this table starts another stage.
func flow(s *Services) []event.Rule {
	return []event.Rule{
		// a provider or finder reports: report/submit.go, which also starts the duties and queues the transfers
		event.On[report.Submitted]("open a case", s.Cases.Open),
		// the reporter sends more: report/supplement.go
		event.On[report.Supplemented]("go on with the case", s.Cases.OnSupplemented),
		// an analyst takes it, verifies (casework/verify.go), tells the upstream provider (casework/coordinate.go),
		// and grades: casework/grade.go, or edits what a graded case affects: casework/edit.go
		event.On[casework.Graded]("find whose products contain it", s.Matches.Find),
		// a member changes its products: product/sbom_push.go, product/register.go; large lists: product/upload.go
		event.On[product.Uploaded]("read the component list", s.Products.OnUploaded),
		event.On[product.Changed]("match it against known cases", s.Matches.OnChanged),
		event.On[product.Changed]("hold it against public records", s.Matches.OnContents),
		// public records of vulnerabilities come in: vuln/import.go
		event.On[vuln.Imported]("hold components against them", s.Matches.OnImported),
		event.On[vuln.Imported]("compare private lists with them", s.Matches.OnPrivateImported),
		event.On[product.Changed]("take what the list says of vulnerabilities", s.Assessments.OnChanged),
		event.On[product.VendorsNamed]("match anew what has the names", s.Matches.OnVendors),
		event.On[product.VendorsNamed]("take anew what VEX documents say by the names", s.Assessments.OnVendors),
		event.On[product.PrivateChanged]("compare it with public records, without learning more", s.Matches.OnPrivate),
		event.On[match.Found]("draft or refresh the warning", s.Warnings.OnFound),
		// duty officers preview, approve and release: warning/release.go, which queues every delivery
		// members answer: warning/acknowledge.go
		// an analyst drafts, a second person publishes: advisory/publish.go
		// public records come in (credit/import.go) and thank a member for a find that it has not reported
		event.On[credit.Found]("ask the member when nothing is left to judge", s.Credits.OnFound),
		event.On[credit.Changed]("ask the member when a further record leaves nothing to judge", s.Credits.OnChanged),
		event.On[member.NameAdded]("compare known records with the name", s.Credits.OnNameAdded),
		event.On[member.AffiliationAdded]("compare known records with the person", s.Credits.OnAffiliationAdded),
		event.On[casework.Opened]("answer leads about the find", s.Credits.OnOpened),
		event.On[casework.Joined]("answer leads about the find", s.Credits.OnJoined),
		event.On[casework.Edited]("answer leads about the find", s.Credits.OnEdited),
	}
}
