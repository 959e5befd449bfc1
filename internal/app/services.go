// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"github.com/fengsui/fengsui/internal/advisory"
	"github.com/fengsui/fengsui/internal/assessment"
	"github.com/fengsui/fengsui/internal/blob"
	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/casework"
	"github.com/fengsui/fengsui/internal/commitment"
	"github.com/fengsui/fengsui/internal/compliance"
	"github.com/fengsui/fengsui/internal/credit"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/destination"
	"github.com/fengsui/fengsui/internal/digest"
	"github.com/fengsui/fengsui/internal/dryrun"
	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/evaluation"
	"github.com/fengsui/fengsui/internal/event"
	"github.com/fengsui/fengsui/internal/evidence"
	"github.com/fengsui/fengsui/internal/filing"
	"github.com/fengsui/fengsui/internal/job"
	"github.com/fengsui/fengsui/internal/match"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/outbox"
	"github.com/fengsui/fengsui/internal/product"
	"github.com/fengsui/fengsui/internal/report"
	"github.com/fengsui/fengsui/internal/rulebook"
	"github.com/fengsui/fengsui/internal/scan"
	"github.com/fengsui/fengsui/internal/seal"
	"github.com/fengsui/fengsui/internal/spec/lawpack"
	"github.com/fengsui/fengsui/internal/transparency"
	"github.com/fengsui/fengsui/internal/vuln"
	"github.com/fengsui/fengsui/internal/warning"
	"github.com/fengsui/fengsui/internal/witness"
)

// Services is everything below the surfaces.
type Services struct {
	DB           *db.DB
	Clock        calendar.Clock
	Log          *slog.Logger
	Seal         *seal.Keyring
	Evidence     *evidence.Log
	Events       *event.Log
	Jobs         *job.Queue
	Sender       *delivery.Sender
	Outbox       *outbox.Service
	Members      *member.Service
	Destinations *destination.Service
	Rulebook     *rulebook.Book
	DryRuns      *dryrun.Service
	Duties       *duty.Service
	Reports      *report.Service
	Products     *product.Service
	Assessments  *assessment.Service
	Vulns        *vuln.Service
	Scans        *scan.Service
	Cases        *casework.Service
	Matches      *match.Service
	Warnings     *warning.Service
	Advisories   *advisory.Service
	Compliance   *compliance.Service
	Evaluations  *evaluation.Service
	Transparency *transparency.Service
	Commitments  *commitment.Service
	Witnesses    *witness.Service
	Filings      *filing.Service
	Credits      *credit.Service
}

// Assemble opens the database (migrating it) and builds the services, in one straight line. Close undoes it.
func Assemble(ctx context.Context, c Config, clock calendar.Clock, log *slog.Logger) (*Services, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return nil, fmt.Errorf("data directory: %w", err)
	}
	d, err := db.Open(ctx, c.DatabaseURL(), clock)
	if err != nil {
		return nil, err
	}
	s := &Services{DB: d, Clock: clock, Log: log}
	if err := s.assemble(ctx, c); err != nil {
		d.Close()
		return nil, err
	}
	return s, nil
}

func (s *Services) assemble(ctx context.Context, c Config) (err error) {
	if err := s.DB.Migrate(ctx); err != nil {
		return err
	}
	keys := filepath.Join(c.Data, "keys")
	if s.Seal, err = seal.Load(keys); err != nil {
		return err
	}
	if s.Evidence, err = evidence.Open(s.DB, keys, c.Origin); err != nil {
		return err
	}
	if err := s.Evidence.KeepRows(ctx); err != nil {
		return err
	}
	known, err := witness.Parse(c.Witnesses...)
	if err != nil {
		return err
	}
	s.Witnesses = &witness.Service{DB: s.DB, Evidence: s.Evidence, Witnesses: known}
	s.Events = &event.Log{DB: s.DB, Evidence: s.Evidence}
	s.Jobs, err = job.Open(ctx, s.DB, job.Options{Workers: c.Jobs.Workers, RescueAfter: c.Jobs.RescueAfter, Timeout: c.Jobs.RescueAfter * 2 / 3, Log: quiet(s.Log)}, s.work)
	if err != nil {
		return err
	}
	s.Events.Jobs = s.Jobs
	s.Sender = &delivery.Sender{DB: s.DB, Lease: c.Jobs.RescueAfter, Parallel: c.Delivery.Parallel, PerLane: c.Delivery.PerDestination, Rate: c.Delivery.Rate}
	s.Outbox = &outbox.Service{DB: s.DB, Events: s.Events, Seal: s.Seal, Sender: s.Sender}
	blobs := blob.Store{Dir: filepath.Join(c.Data, "blobs"), Seal: s.Seal}

	s.Members = &member.Service{DB: s.DB, Events: s.Events, Seal: s.Seal, Leaps: c.Exercise != ""}
	s.Destinations = &destination.Service{DB: s.DB, Events: s.Events, Seal: s.Seal, BaseURL: c.baseURL(), Private: c.Webhook.AllowPrivate, Notify: s.Sender.Kick,
		Offers: func(channel string) bool { return s.Sender.Channels[channel] != nil }}
	trusted, err := lawpack.ParseKeys(c.LawPacks.TrustedKeys...)
	if err != nil {
		return err
	}
	s.Rulebook = &rulebook.Book{DB: s.DB, Events: s.Events, Trusted: trusted, Log: s.Log}
	s.DryRuns = &dryrun.Service{DB: s.DB, Book: s.Rulebook}
	s.Duties = &duty.Service{DB: s.DB, Packs: s.Rulebook, Events: s.Events, Seal: s.Seal, BaseURL: c.baseURL(), Notify: s.Sender.Kick}
	s.Reports = &report.Service{DB: s.DB, Events: s.Events, Evidence: s.Evidence, Seal: s.Seal, Duties: s.Duties, Blobs: blobs, Prefix: c.Prefix, Notify: s.Sender.Kick}
	s.Commitments = &commitment.Service{DB: s.DB, Events: s.Events, Evidence: s.Evidence, Seal: s.Seal, Prefix: c.Prefix}
	s.Products = &product.Service{DB: s.DB, Events: s.Events, Blobs: blobs}
	if err := s.Products.CarryOver(ctx); err != nil {
		return err
	}
	s.Assessments = &assessment.Service{DB: s.DB, Events: s.Events, Seal: s.Seal, Blobs: blobs, Products: s.Products}
	s.Vulns = &vuln.Service{DB: s.DB, Events: s.Events, Private: c.Webhook.AllowPrivate}
	for _, x := range c.Import {
		s.Vulns.Feeds = append(s.Vulns.Feeds, vuln.Feed{Kind: x.Kind, Source: x.Source, Every: x.Every})
	}
	s.Cases = &casework.Service{DB: s.DB, Events: s.Events, Seal: s.Seal, Duties: s.Duties, Reports: s.Reports, Products: s.Products, Prefix: c.Prefix, BaseURL: c.baseURL(), Notify: s.Sender.Kick}
	s.Scans = &scan.Service{DB: s.DB, Shelf: &scan.Shelf{Vulns: s.Vulns}}
	s.Matches = &match.Service{DB: s.DB, Events: s.Events, Cases: s.Cases, Products: s.Products, Vulns: s.Vulns, Assessments: s.Assessments, Grounds: []match.Ground{warning.Ground}}
	s.Filings = &filing.Service{DB: s.DB, Events: s.Events, Seal: s.Seal, Blobs: blobs, Members: s.Members, Duties: s.Duties, Reports: s.Reports, Cases: s.Cases}
	s.Warnings = &warning.Service{DB: s.DB, Events: s.Events, Seal: s.Seal, Cases: s.Cases, Matches: s.Matches, Members: s.Members, Destinations: s.Destinations, Blobs: blobs, Territory: c.Publisher.Territory, Prefix: c.Prefix, BaseURL: c.baseURL(), Notify: s.Sender.Kick, PeersMin: c.Warnings.PeersMin}
	s.Advisories = &advisory.Service{DB: s.DB, Events: s.Events, Seal: s.Seal, Cases: s.Cases, BaseURL: c.baseURL(), Publisher: advisory.Publisher{
		NameZH: c.Publisher.NameZH, NameEN: c.Publisher.NameEN, Namespace: c.namespace(), Contact: c.Publisher.Contact, Exercise: c.Exercise != ""}}
	s.Warnings.Documents, s.Warnings.ReplyDomain = s.Advisories.Documents, strings.ToLower(c.Mail.ReplyDomain)

	s.Compliance = &compliance.Service{DB: s.DB, Events: s.Events, Seal: s.Seal, Members: s.Members, Second: c.secondSigners(), Prefix: c.Prefix, BaseURL: c.baseURL(), Notify: s.Sender.Kick}
	s.Evaluations = &evaluation.Service{DB: s.DB, Events: s.Events, Seal: s.Seal, Members: s.Members, Second: c.secondSigners(), Prefix: c.Prefix}
	s.Transparency = &transparency.Service{DB: s.DB, Events: s.Events, Evidence: s.Evidence, Second: c.secondSigners()}
	s.Credits = &credit.Service{DB: s.DB, Events: s.Events, Seal: s.Seal, Members: s.Members, Cases: s.Cases, Products: s.Products, Compliance: s.Compliance, Rules: s.Rulebook,
		Prefix: c.Prefix, Auto: c.Credit.Auto, Directory: c.Credit.Directory}

	if s.Sender.Channels, err = c.channels(s.Clock.Now()); err != nil {
		return err
	}
	for _, k := range s.Sender.EndingKeys(s.Clock.Now()) {
		s.Log.Warn("a key that signs what leaves ends soon, or has ended: put a new one in its place", "component", "delivery", "channel", k.Channel, "kind", k.Kind, "ends", k.Ends)
	}
	s.Sender.Purposes = map[string]delivery.Purpose{
		"transfer":                report.Transfer{Service: s.Reports, Members: s.Members},
		"notice":                  casework.NoticePurpose{Service: s.Cases, Members: s.Members, Destinations: s.Destinations},
		"warning":                 warning.Purpose{Service: s.Warnings},
		warning.SilencePurpose:    warning.Silence{Service: s.Warnings},
		warning.ReplyPurpose:      warning.Replies{Service: s.Warnings},
		"inquiry":                 compliance.Messages{Service: s.Compliance, Destinations: s.Destinations},
		"reminder":                duty.Messages{Service: s.Duties, Members: s.Members, Destinations: s.Destinations},
		destination.Purpose:       destination.Messages{Service: s.Destinations, Members: s.Members},
		destination.DigestPurpose: digest.Purpose{DB: s.DB, Members: s.Members, Destinations: s.Destinations, BaseURL: c.baseURL()},
	}
	s.Events.Checks = append(s.Events.Checks, s.Reports.AuditContent, s.Products.AuditHoldings)
	s.Events.Follow(flow(s))
	return s.Warnings.SealComments(ctx)
}

// Close closes what Assemble opened.
func (s *Services) Close() error {
	var errs []error
	if s.Sender == nil { // it was not put together to the end
		return s.DB.Close()
	}
	for _, c := range s.Sender.Channels {
		if c, ok := c.(io.Closer); ok {
			errs = append(errs, c.Close())
		}
	}
	return errors.Join(append(errs, s.DB.Close())...)
}

func (c Config) baseURL() string {
	if c.BaseURL != "" {
		return c.BaseURL
	}
	return "http://" + c.Listen
}

func (c Config) namespace() string {
	if c.Publisher.Namespace != "" {
		return c.Publisher.Namespace
	}
	return c.baseURL()
}
