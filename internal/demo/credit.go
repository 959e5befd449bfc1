// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"context"
	"errors"
	"time"

	"github.com/fengsui/fengsui/internal/credit"
	"github.com/fengsui/fengsui/internal/member"
)

// upstreamAdvisory is the public record that thanks an engineer of the cloud provider. It is invented, but for the number
// and the technical facts.
const upstreamAdvisory = `{
  "document": {
    "category": "csaf_security_advisory", "csaf_version": "2.0", "lang": "en", "title": "Remote code execution in Apache Log4j2",
    "distribution": {"tlp": {"label": "WHITE"}},
    "publisher": {"category": "vendor", "name": "Upstream Open Source Project (demo)", "namespace": "https://upstream.example"},
    "references": [{"category": "self", "summary": "this advisory", "url": "https://upstream.example/csaf/up-2021-17.json"}],
    "tracking": {"id": "UP-2021-17", "status": "final", "version": "1", "initial_release_date": "2021-12-09T09:30:00Z", "current_release_date": "2021-12-09T09:30:00Z",
      "revision_history": [{"date": "2021-12-09T09:30:00Z", "number": "1", "summary": "first release"}]}
  },
  "product_tree": {"branches": [{"category": "vendor", "name": "Apache Software Foundation", "branches": [{"category": "product_name", "name": "Apache Log4j2", "branches": [
    {"category": "product_version", "name": "2.14.1", "product": {"product_id": "A", "name": "Apache Log4j2 2.14.1", "product_identification_helper": {"purl": "pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1"}}}]}]}]},
  "vulnerabilities": [{
    "cve": "CVE-2021-44228", "title": "Look-ups in logged messages load code from afar",
    "acknowledgments": [{"names": ["Song Zhiyuan"], "organization": "Yunfan Cloud Security Team", "summary": "for reporting this issue on 24 November 2021"}],
    "discovery_date": "2021-11-24T02:00:00Z", "release_date": "2021-12-09T09:30:00Z",
    "product_status": {"known_affected": ["A"]}
  }]
}`

// meetingRecord resembles a member, and a report of it lies near: a person has to look.
const meetingRecord = `{"dataType": "CVE_RECORD", "dataVersion": "5.1", "cveMetadata": {"cveId": "CVE-2021-99107", "assignerOrgId": "00000000-0000-4000-9000-000000000001", "state": "PUBLISHED",
    "dateReserved": "2021-12-01T02:00:00Z", "datePublished": "2021-12-05T02:00:00Z", "dateUpdated": "2021-12-05T02:00:00Z"},
  "containers": {"cna": {"providerMetadata": {"orgId": "00000000-0000-4000-9000-000000000001"}, "title": "Path traversal in the Qingniao meeting client",
    "descriptions": [{"lang": "en", "value": "A crafted invitation makes the client open files outside of its own folder."}],
    "affected": [{"vendor": "青鸟软件（示范）", "product": "青鸟会议"}], "references": [{"url": "https://advisories.example.org/2021/meeting"}],
    "credits": [{"lang": "en", "type": "finder", "value": "Pei Xingye (Zhuzhao Lab)"}]}}}`

// names are those by which the cast is known beside the names of the register.
func (st *stage) names(ctx context.Context) error {
	id := st.orgs[skyharbor].ID
	for _, n := range []struct {
		kind member.NameKind
		name string
	}{{member.AliasName, "云帆云"}, {member.FormerName, "云帆网络技术"}, {member.TeamName, "天枢实验室"}, {member.DomainName, "yunfan-lab.example"}} {
		if _, err := st.s.Members.AddName(ctx, st.as("provider"), id, n.kind, n.name); err != nil {
			return err
		}
	}
	_, err := st.s.Members.AddAffiliation(ctx, st.as("supervisor"), id, member.AffiliationInput{Person: "Song Zhiyuan", Source: "https://talks.example.org/2021/beacon-towers", From: time.Date(2019, 3, 1, 0, 0, 0, 0, time.UTC)})
	return err
}

func (st *stage) meetingIsThanked(ctx context.Context) error {
	_, err := st.s.Credits.Import(ctx, st.as("analyst"), "CVE-2021-99107.json", []byte(meetingRecord))
	return err
}

// credited takes in the record that thanks the organisation; the question to it opens by itself.
func (x *affair) credited(ctx context.Context, st *stage) error {
	if _, err := st.s.Credits.Import(ctx, st.as("analyst"), "up-2021-17.json", []byte(upstreamAdvisory)); err != nil {
		return err
	}
	if err := st.settle(ctx); err != nil {
		return err
	}
	ls, _, err := st.s.Credits.List(ctx, st.as("supervisor"), credit.Filter{OrgID: st.orgs[x.org].ID, State: credit.Asked})
	if err != nil {
		return err
	}
	if len(ls) != 1 {
		return errors.New("the record has not led to a question")
	}
	x.id = ls[0].InquiryID
	return nil
}
