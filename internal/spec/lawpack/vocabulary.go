// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package lawpack

import (
	"slices"

	"github.com/fengsui/fengsui/internal/calendar"
)

// A Role is what somebody is towards a product, a network or the platform. One may have several.
type Role string

// The roles.
const (
	Anybody      Role = "anybody" // held by everyone: facts alone decide
	Provider     Role = "provider"
	Operator     Role = "operator"
	Finder       Role = "finder"
	Collector    Role = "collector"
	Partner      Role = "partner"
	Platform     Role = "platform"
	Authority    Role = "authority"
	Protector    Role = "protection_dept" // protects critical information infrastructure of its sector
	Receiver     Role = "order_recipient"
	Affected     Role = "affected" // by a measure
	Professional Role = "professional"
)

// Roles lists them.
var Roles = []Role{Anybody, Provider, Operator, Finder, Collector, Partner, Platform, Authority, Protector, Receiver, Affected, Professional}

// Values of facts that are questions of yes or no.
const (
	Yes = "yes"
	No  = "no"
)

// FactValues are the facts on which duties may hang, with the values that each may have. Unknown is the absence of one.
var FactValues = map[string][]string{
	"relation":           {"provider", "embeds", "operator", "finder"}, // to the product
	"upstream":           {Yes, No},                                    // the flaw lies in an upstream product or component
	"user_action":        {Yes, No},                                    // users must update
	"publishes":          {Yes, No},                                    // means to publish
	"threat":             {"own", "others"},                            // whose network or product is hit
	"incident":           {Yes, No},                                    // something has happened, beyond a flaw
	"incident_grade":     {"general", "larger", "major", "extreme"},    // 一般, 较大, 重大, 特别重大
	"possible_grade":     {"general", "larger", "major", "extreme"},    // of what might happen
	"cn_entity":          {"cii", "central_organ", "other"},
	"eu_market":          {Yes, No}, // the product is made available in the EU
	"oss_steward":        {Yes, No},
	"develops":           {Yes, No}, // the steward takes part in the development
	"nis2_entity":        {"essential", "important", "none"},
	"trust_service":      {Yes, No},
	"ongoing":            {Yes, No}, // the incident still runs when the final report falls due
	"financial_entity":   {Yes, No}, // of the EU
	"india":              {Yes, No}, // a body under the directions of CERT-In
	"us_covered":         {Yes, No}, // critical infrastructure of the US
	"ransom_paid":        {Yes, No},
	"report_kind":        {"generic", "event"},
	"warning_level":      {"red", "orange", "yellow", "blue", No}, // of the authority's warning that is out
	"crime_suspected":    {Yes, No},
	"significant_threat": {Yes, No},           // to recipients of the service
	"client_impact":      {Yes, No},           // financial interests of clients are touched
	"msme":               {Yes, No},           // a micro, small or medium enterprise
	"ran_before":         {Yes, No},           // the platform ran when the law came into force
	"data_processor":     {Yes, No},           // of network data, under the regulations of 2025
	"public_interest":    {Yes, No},           // national security or public interest is endangered
	"preset":             {"45", "90", "120"}, // days of a disclosure agreement
}

// Anchors are the events from which clocks run. Each has words: "law.anchor.<name>.of" and "law.anchor.<name>.waits".
var Anchors = []string{
	"discovered_or_learned_at", "exploitation_aware_at", "incident_aware_at", "incident_noticed_at", "classified_major_at",
	"reasonable_belief_at", "ransom_paid_at", "measure_available_at", "report_accepted_at", "report_received_at",
	"notification_submitted_at", "initial_submitted_at", "intermediate_submitted_at", "order_received_at", "order_due_at",
	"requested_at", "requested_due_at", "response_ended_at", "incident_closed_at", "set_up_at", "goes_live_at",
	"filing_submitted_at", "filing_changed_at", "appeal_received_at", "measure_imposed_at", "published_at", "recorded_at",
	"verified_at", "provider_told_at", "warning_issued_at", "warning_lifted_at", "risk_over_at", "response_started_at",
	"filing_accepted_at", "platform_closed_at", "law_in_force_at",
}

// Fields are the items of content that duties ask for.
var Fields = []string{
	"product_name", "model", "version", "technical_characteristics", "harm", "impact_scope", "severity",
	"member_states", "general_nature", "exploit_nature", "measures_taken", "user_measures", "sensitivity", "malicious_actor",
	"measure_details", "suspected_malicious", "first_assessment", "root_cause", "ongoing_measures", "cross_border",
	"indicators", "unit_basics", "time_place_grade", "trend", "first_cause", "clues", "planned_measures", "scene_preservation",
	"ransom", "platform_basics", "host_unit", "capital", "collection_rules", "protection_filing", "standards", "undertaking",
	"contact", "grade_scope_advice", "fix_or_precautions",
}

// workingCalendar is the calendar that packs name.
func workingCalendar(name string) *calendar.Working {
	switch name {
	case "cn":
		return calendar.China()
	case "eu":
		return calendar.Europe()
	}
	return nil
}

// Facts are what is known, by name.
type Facts map[string]string

// A When is what facts must be: each one of the values.
type When map[string]Values

// Values are one value or several.
type Values []string

// holds reports whether all facts are as asked; open names those that are unknown while no known one contradicts.
func (w When) holds(f Facts) (ok bool, open []string) {
	for name, values := range w {
		switch got, known := f[name]; {
		case !known || got == "":
			open = append(open, name)
		case !slices.Contains(values, got):
			return false, nil
		}
	}
	slices.Sort(open)
	return len(open) == 0, open
}

// excludes reports whether a fact is one of the values; an unknown one does not exclude.
func (w When) excludes(f Facts) bool {
	for name, values := range w {
		if slices.Contains(values, f[name]) {
			return true
		}
	}
	return false
}
