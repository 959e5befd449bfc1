// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/fengsui/fengsui/internal/vuln"
	"github.com/fengsui/fengsui/internal/warning"
)

// op describes one operation.
func op(id, method, path, summary string, tags ...string) huma.Operation {
	o := huma.Operation{OperationID: id, Method: method, Path: "/api/v1" + path, Summary: summary, Tags: tags}
	if method == http.MethodPost {
		o.DefaultStatus = http.StatusOK
	}
	return o
}

func created(o huma.Operation) huma.Operation { o.DefaultStatus = http.StatusCreated; return o }

func public(o huma.Operation) huma.Operation { o.Metadata = open(); return o }

// versioned says that an operation speaks in entity tags: GET may answer 304, and an edit 412.
func versioned(o huma.Operation) huma.Operation {
	if o.Method == http.MethodGet {
		o.Responses = map[string]*huma.Response{"304": {Description: http.StatusText(http.StatusNotModified)}}
		return o
	}
	o.Errors = append(o.Errors, http.StatusPreconditionFailed)
	return o
}

// bytes says that an operation answers with bytes of any kind.
func bytes(o huma.Operation) huma.Operation {
	o.Responses = map[string]*huma.Response{"200": {Description: http.StatusText(http.StatusOK),
		Content: map[string]*huma.MediaType{"application/octet-stream": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}}}}
	return o
}

// eventStream says that an operation answers with events as they happen (Server-Sent Events).
func eventStream(o huma.Operation) huma.Operation {
	o.Responses = map[string]*huma.Response{"200": {Description: http.StatusText(http.StatusOK),
		Content: map[string]*huma.MediaType{"text/event-stream": {Schema: &huma.Schema{Type: huma.TypeString}}}}}
	return o
}

// findable says that an operation without a place in its path may find nothing.
func findable(o huma.Operation) huma.Operation {
	o.Errors = append(o.Errors, http.StatusNotFound)
	return o
}

// empty says that an operation answers without a body.
func empty(o huma.Operation) huma.Operation { o.DefaultStatus = http.StatusNoContent; return o }

// routes is the whole API, in the order of the line.
func (s *Server) routes(a huma.API) {
	register(s, a, op("whoami", "GET", "/me", "Who the token acts for", "members"), s.me)
	register(s, a, created(public(op("join", "POST", "/members", "Ask to join as an organisation", "members"))), s.memberJoin)
	register(s, a, op("list-members", "GET", "/members", "Member organisations", "members"), s.memberList)
	register(s, a, versioned(op("get-member", "GET", "/members/{id}", "One member organisation", "members")), fresh(s.memberGet))
	register(s, a, op("configure-member", "PUT", "/members/{id}/channels", "Set where your organisation can be reached", "members"), s.memberConfigure)
	register(s, a, op("get-roster", "GET", "/members/{id}/roster", "Who is reached when a duty's time runs out", "members"), s.rosterGet)
	register(s, a, op("set-roster", "PUT", "/members/{id}/roster", "Name who is reached when a duty's time runs out", "members"), s.rosterSet)
	register(s, a, op("list-destinations", "GET", "/destinations", "Where and when your organisation is reached", "members"), s.destinationList)
	register(s, a, created(op("add-destination", "POST", "/destinations", "Add a place where your organisation is reached, and test it", "members")), s.destinationAdd)
	register(s, a, op("choose-destinations", "PUT", "/destinations/preferences", "Say what comes where and when", "members"), s.destinationChoose)
	register(s, a, op("change-destination", "PUT", "/destinations/{id}", "Change or pause a destination", "members"), s.destinationChange)
	register(s, a, empty(op("remove-destination", "DELETE", "/destinations/{id}", "Remove a destination", "members")), s.destinationRemove)
	register(s, a, op("rotate-destination", "POST", "/destinations/{id}/secret", "Give a webhook a new signing secret; the old one signs as well for 24 hours", "members"), s.destinationRotate)
	register(s, a, op("test-destination", "POST", "/destinations/{id}/test", "Send a test to a destination, or to the main addresses email and webhook", "members"), s.destinationTest)
	register(s, a, op("list-unreached", "GET", "/reachability", "Members at whose addresses nobody is reached", "members"), s.reachability)
	register(s, a, op("approve-member", "POST", "/members/{id}/approve", "Approve an applicant", "members"), s.memberApprove)
	register(s, a, empty(op("decline-member", "POST", "/members/{id}/decline", "Decline an applicant", "members")), s.memberDecline)

	register(s, a, sized(created(public(op("submit-report", "POST", "/reports", "Report a vulnerability; the answer is a signed receipt", "reports"))), reportBody), s.reportSubmit)
	register(s, a, sized(op("supplement-report", "POST", "/reports/{id}/supplements", "Add a further stage to a report", "reports"), reportBody), s.reportSupplement)
	register(s, a, op("list-reports", "GET", "/reports", "Reports you may see, newest first", "reports"), s.reportList)
	register(s, a, versioned(op("get-report", "GET", "/reports/{id}", "One report", "reports")), fresh(s.reportGet))
	register(s, a, op("list-stages", "GET", "/reports/{id}/stages", "All stages of a report, oldest first", "reports"), s.reportStages)
	register(s, a, op("list-attachments", "GET", "/reports/{id}/attachments", "What is attached to a report", "reports"), s.reportFiles)
	register(s, a, bytes(op("get-attachment", "GET", "/attachments/{id}", "The bytes of an attachment", "reports")), s.reportFile)
	register(s, a, op("get-report-case", "GET", "/reports/{id}/case", "The case that a report belongs to", "reports"), s.reportCase)
	register(s, a, op("get-receipt", "GET", "/reports/{id}/receipt", "The signed receipt of a report's version", "reports"), s.reportReceipt)
	register(s, a, op("list-transfers", "GET", "/reports/{id}/transfers", "Transfers of a report to the higher authorities", "reports"), s.reportTransfers)
	register(s, a, findable(public(op("report-status", "GET", "/status", "Status of a report by its secret", "reports"))), s.reportStatus)
	register(s, a, findable(op("list-reminders", "GET", "/reminders", "Reminders and escalations of your organisation's duties, newest first; for staff, of everybody's", "duties")), s.reminderList)
	register(s, a, findable(op("get-outbox", "GET", "/deliveries", "What waits to leave the platform, and why; for the platform's people", "deliveries")), s.outboxBoard)
	register(s, a, findable(op("list-failed-deliveries", "GET", "/deliveries/failed", "What could not be delivered, the latest first; for the platform's people", "deliveries")), s.outboxFailed)
	register(s, a, findable(op("get-delivery", "GET", "/deliveries/{id}", "What has become of one message; for the platform's people", "deliveries")), s.outboxOne)
	register(s, a, findable(op("retry-deliveries", "POST", "/deliveries/retry", "Send once more what failed for good; for the platform's people", "deliveries")), s.outboxRetry)
	register(s, a, op("list-letters", "GET", "/letters", "Letters that remind you, newest first", "duties"), s.reminderInbox)
	register(s, a, op("get-letter", "GET", "/letters/{id}", "One letter that reminds; you have read it then", "duties"), s.reminderGet)
	register(s, a, findable(op("list-calls", "GET", "/calls", "Calls that the platform's desk has to make about duties", "duties")), s.callList)
	register(s, a, op("get-call", "GET", "/calls/{id}", "One call: what it is about, and whom to call", "duties"), s.callGet)
	register(s, a, op("record-call", "POST", "/calls/{id}/tries", "Record that you called, and how it went", "duties"), s.callRecord)
	register(s, a, op("list-duties", "GET", "/duties", "What your organisation owes, and by when", "duties"), s.dutyList)
	register(s, a, findable(op("read-register", "GET", "/duties/register", "The register of duties as it stands or stood: staff see everybody's, members their own", "duties")), s.dutyRegister)
	register(s, a, streamed(findable(op("export-register", "GET", "/duties/export", "The register as a file, as long as it may be", "duties")), "text/csv", "application/jsonl"), s.dutyExport(a))
	register(s, a, streamed(findable(op("get-duty-calendar", "GET", "/duties/calendar", "When your organisation's duties fall due, as a calendar (iCalendar)", "duties")), "text/calendar"), s.dutyCalendar)
	register(s, a, op("get-duty", "GET", "/duties/{id}", "The file of a duty: what it comes to, what it came to before, and who decided what", "duties"), s.dutyGet)
	register(s, a, op("correct-anchor", "POST", "/duties/{id}/anchor", "Correct the fact from which a duty's clock runs", "duties"), s.dutyCorrect)
	register(s, a, created(op("decide-duty", "POST", "/duties/{id}/decisions", "Record a reasoned decision about a duty; it stops no clock", "duties")), s.dutyDecide)
	register(s, a, created(op("propose-act", "POST", "/duties/{id}/acts", "Propose a pause, a waiver, that a duty does not apply, or the end of a waiver", "duties")), s.dutyPropose)
	register(s, a, op("resume-duty", "POST", "/duties/{id}/resume", "Let the clock of a duty run again", "duties"), s.dutyResume)
	register(s, a, op("list-acts", "GET", "/duty-acts", "Acts about duties that wait for a second signature or for the supervisor's eyes", "duties"), s.dutyActs)
	register(s, a, op("sign-act", "POST", "/duty-acts/{id}/sign", "Sign a proposed act as the second person", "duties"), s.dutySign)
	register(s, a, empty(op("refuse-act", "POST", "/duty-acts/{id}/refuse", "Let a proposed act fall", "duties")), s.dutyRefuse)
	register(s, a, empty(op("see-act", "POST", "/duty-acts/{id}/seen", "Say as the supervisor that you looked at an act that gave more time", "duties")), s.dutySee)
	register(s, a, op("list-clocks", "GET", "/reports/{id}/clocks", "What the platform owes to the reporter of a report, and by when", "reports"), s.reportClocks)
	register(s, a, created(op("open-clashes", "POST", "/reports/{id}/clashes", "Open a decision task for each clash of laws that follows from further facts", "duties")), s.clashOpen)
	register(s, a, op("list-clashes", "GET", "/clashes", "Decision tasks of your organisation; for staff, all", "duties"), s.clashList)
	register(s, a, op("get-clash", "GET", "/clashes/{id}", "One decision task with both texts", "duties"), s.clashGet)
	register(s, a, op("answer-clash", "POST", "/clashes/{id}/answer", "Record a person's reasoned decision about a clash", "duties"), s.clashAnswer)
	register(s, a, op("list-filings", "GET", "/reports/{id}/filings", "The forms of receivers without an interface, filled in from a report", "reports"), s.filingList)
	register(s, a, op("get-filing", "GET", "/reports/{id}/filings/{pack}", "One receiver's form, filled in from a report", "reports"), s.filingGet)
	register(s, a, sized(op("hand-in", "POST", "/reports/{id}/filings/{pack}", "Record that a form was handed in; the duty that it serves is met", "reports"), reportBody), s.filingHandIn)
	register(s, a, bytes(op("get-filing-proof", "GET", "/filings/{id}/proof", "The file that shows that a form was handed in", "reports")), s.filingProof)
	register(s, a, public(op("explain-duties", "POST", "/duties/explain", "Which duties facts give rise to, and why", "duties")), s.dutyExplain)

	register(s, a, public(op("list-law-packs", "GET", "/law-packs", "The laws as data that are in force, or upcoming, with every duty", "laws")), s.lawPackList)
	register(s, a, public(op("get-law-pack", "GET", "/law-packs/{pack}", "One law as data", "laws")), s.lawPackGet)
	register(s, a, bytes(public(op("get-law-pack-text", "GET", "/law-packs/{pack}/text", "The YAML of a law pack", "laws"))), s.lawPackText)
	register(s, a, findable(op("try-law-pack", "POST", "/law-packs/dry-run", "What a version of a law would have changed", "laws")), s.lawPackTry)
	register(s, a, findable(op("list-law-versions", "GET", "/law-versions", "Law packs from outside, the latest first", "laws")), s.lawVersionList)
	register(s, a, findable(created(op("load-law-version", "POST", "/law-versions", "Load a signed law pack, as the first of two persons", "laws"))), s.lawVersionLoad)
	register(s, a, op("get-law-version", "GET", "/law-versions/{id}", "One law pack from outside", "laws"), s.lawVersionGet)
	register(s, a, bytes(op("get-law-version-text", "GET", "/law-versions/{id}/text", "The YAML of a law pack from outside, with its signature", "laws")), s.lawVersionText)
	register(s, a, op("activate-law-version", "POST", "/law-versions/{id}/activate", "Let duties follow from a law pack, as the second person", "laws"), s.lawVersionActivate)
	register(s, a, op("withdraw-law-version", "POST", "/law-versions/{id}/withdraw", "Take back a law pack that is not active", "laws"), s.lawVersionWithdraw)
	register(s, a, op("retire-law-version", "POST", "/law-versions/{id}/retire", "Ask that nothing new follow from a law pack", "laws"), s.lawVersionRetire)
	register(s, a, op("confirm-law-retirement", "POST", "/law-versions/{id}/confirm", "Confirm a retirement as the second person, or let the version stay", "laws"), s.lawVersionConfirm)

	register(s, a, created(op("register-product", "POST", "/products", "Register a product", "products")), s.productRegister)
	register(s, a, op("list-products", "GET", "/products", "Your products", "products"), s.productList)
	register(s, a, versioned(op("get-product", "GET", "/products/{id}", "One product with its component lists", "products")), fresh(s.productGet))
	register(s, a, op("add-version", "POST", "/products/{id}/versions", "Add a version to a product", "products"), s.versionAdd)
	register(s, a, sized(created(op("push-sbom", "POST", "/products/{id}/sboms", "Upload a CycloneDX or SPDX document for a version", "products")), sbomBody), s.sbomPush)
	up := op("upload-sbom", "POST", "/products/{id}/uploads", "Upload a component list that is worked on after the answer", "products")
	up.DefaultStatus = http.StatusAccepted
	register(s, a, sized(up, sbomBody), s.sbomUpload)
	register(s, a, op("get-upload", "GET", "/uploads/{id}", "How far an upload has come", "products"), s.uploadGet)
	register(s, a, op("cancel-upload", "POST", "/uploads/{id}/cancel", "End an upload that is not over", "products"), s.uploadCancel)
	register(s, a, findable(sized(op("scan", "POST", "/scans", "What is publicly known of what a component list names; the list is kept nowhere", "products"), sbomBody)), s.scan)
	register(s, a, findable(sized(op("import-products", "POST", "/product-tables", "Enter the products of a table (CSV): devices with their firmware and number", "products"), tableBody)), s.productTable)
	register(s, a, findable(op("get-private-salt", "GET", "/private-salt", "What your organisation hides its private component lists with", "products")), s.privateSalt)
	register(s, a, sized(created(op("push-private-list", "POST", "/products/{id}/private-lists", "Say in salted hashes what a product's version is made of", "products")), privateBody), s.privatePush)
	register(s, a, op("list-private-findings", "GET", "/products/{id}/private-findings", "What public records say of private lists", "products"), s.privateFindings)
	register(s, a, created(op("assess-product", "POST", "/products/{id}/assessments", "Say how a product stands to a vulnerability", "products")), s.assess)
	register(s, a, op("list-assessments", "GET", "/products/{id}/assessments", "What was said of vulnerabilities in a product, newest first", "products"), s.assessmentList)
	register(s, a, findable(sized(op("push-vex", "POST", "/vex", "Take in a VEX document about your products: OpenVEX, CSAF or CycloneDX", "products"), vexBody)), s.vexPush)
	register(s, a, op("list-known", "GET", "/products/{id}/findings", "What is publicly known to be wrong with a product, the most urgent first", "products"), s.knownOfProduct)
	register(s, a, op("get-portfolio", "GET", "/portfolio", "Your products with how many vulnerabilities are publicly known of each, the gravest risks first", "products"), s.portfolio)
	register(s, a, op("does-it-concern-me", "GET", "/concerns", "Whether a vulnerability, by any of its names, is in your products", "products"), s.concerns)
	register(s, a, op("list-affected", "GET", "/vulnerabilities/{name}/products", "Which of your products contain a vulnerability, or may; for staff, whose", "products"), s.affectedBy)
	register(s, a, public(op("list-vulnerabilities", "GET", "/vulnerabilities", "Publicly known vulnerabilities, newest first; search in Chinese and English, by any name", "vulnerabilities")), s.vulnList)
	register(s, a, public(op("get-vulnerability", "GET", "/vulnerabilities/{name}", "Everything that is publicly known of one vulnerability, by any of its names", "vulnerabilities")), s.vulnGet)
	register(s, a, findable(public(bytes(op("get-vulnerability-record", "GET", "/vulnerability-records/{source}", "A public record as it was imported", "vulnerabilities")))), s.vulnRecord)
	register(s, a, findable(op("list-vendors", "GET", "/vendors", "Vendors that go by more than one name; for analysts and administrators", "products")), s.vendorList)
	register(s, a, findable(op("join-vendors", "POST", "/vendors", "Say that names are one vendor's", "products")), s.vendorJoin)
	register(s, a, findable(empty(op("part-vendor", "POST", "/vendors/part", "Take a name out of its vendor's", "products"))), s.vendorPart)
	register(s, a, findable(op("list-imports", "GET", "/imports", "Imports of public records, newest first; for the platform's people", "vulnerabilities")), s.importList)
	register(s, a, op("get-import", "GET", "/imports/{id}", "One import and what it refused", "vulnerabilities"), s.importGet)
	register(s, a, findable(sized(op("import-vulnerabilities", "POST", "/imports", "Import public records: OSV, CVE, CSAF (one, several, or a ZIP), the KEV catalogue, EPSS scores; for administrators", "vulnerabilities"), vuln.MaxUpload)), s.importUpload)
	register(s, a, empty(op("stop-import", "POST", "/imports/{id}/stop", "Ask an import to end; what it took in stays", "vulnerabilities")), s.importStop)
	register(s, a, empty(op("restart-import", "POST", "/imports/{id}/again", "Have the place of an import, which the configuration names, imported from now; for administrators", "vulnerabilities")), s.importAgain)
	register(s, a, findable(op("list-import-sources", "GET", "/import-sources", "Where public records are from, and how old they are", "vulnerabilities")), s.importStands)
	register(s, a, op("compare-sboms", "GET", "/sboms/{id}/diff/{other}", "What a second component list has that the first has not, and the other way round", "products"), s.sbomDiff)

	register(s, a, op("list-cases", "GET", "/cases", "Cases you may see, newest first", "cases"), s.caseList)
	register(s, a, versioned(op("get-case", "GET", "/cases/{id}", "One case", "cases")), fresh(s.caseGet))
	register(s, a, op("list-duplicates", "GET", "/cases/{id}/duplicates", "Cases that may be about the same vulnerability, and why", "cases"), s.caseDuplicates)
	register(s, a, op("list-case-reports", "GET", "/cases/{id}/reports", "Reports that belong to a case", "cases"), s.caseReports)
	register(s, a, op("list-readers", "GET", "/cases/{id}/readers", "Who has read an undisclosed case", "cases"), s.caseReaders)
	register(s, a, op("move-case", "POST", "/cases/{id}/moves", "Take, ask, start verifying, reject or join a case", "cases"), s.caseMove)
	register(s, a, versioned(op("edit-case", "PUT", "/cases/{id}/content", "Change what the platform holds of the vulnerability", "cases")), guarded(s.caseGet, s.caseEdit))
	register(s, a, op("verify-case", "POST", "/cases/{id}/verifications", "Record a verification", "cases"), s.caseVerify)
	register(s, a, op("grade-case", "POST", "/cases/{id}/grades", "Add a grade", "cases"), s.caseGrade)
	register(s, a, op("propose-upstream", "GET", "/cases/{id}/upstream", "Who probably provides the flawed component, and why", "cases"), s.casePropose)
	register(s, a, created(op("notify-upstream", "POST", "/cases/{id}/notices", "Tell the upstream provider", "cases")), s.caseNotify)
	register(s, a, op("match-case", "POST", "/cases/{id}/match", "Match the case against all products again", "cases"), s.caseMatch)
	register(s, a, op("list-findings", "GET", "/cases/{id}/findings", "Whose products contain it, and why", "cases"), s.caseFindings)
	register(s, a, op("answer-case", "POST", "/cases/{id}/answers", "Say how your product stands", "cases"), s.caseAnswer)
	register(s, a, op("list-notices", "GET", "/notices", "Notices to your organisation as an upstream provider", "cases"), s.noticeList)
	register(s, a, op("acknowledge-notice", "POST", "/notices/{id}/acknowledge", "Confirm a notice", "cases"), s.noticeAcknowledge)

	register(s, a, created(op("draft-warning", "POST", "/cases/{id}/warnings", "Draft a warning from a case", "warnings")), s.warningDraft)
	register(s, a, op("list-warnings", "GET", "/warnings", "Warnings to your organisation, those that concern you first; for staff, all", "warnings"), s.warningList)
	register(s, a, versioned(op("get-warning", "GET", "/warnings/{id}", "One warning", "warnings")), fresh(s.warningGet))
	register(s, a, versioned(op("edit-warning", "PUT", "/warnings/{id}", "Change a draft", "warnings")), guarded(s.warningGet, s.warningEdit))
	register(s, a, op("preview-warning", "GET", "/warnings/{id}/preview", "Who would be warned, in which wave, and why", "warnings"), s.warningPreview)
	register(s, a, op("approve-warning", "POST", "/warnings/{id}/approve", "Approve as the first of two persons", "warnings"), s.warningApprove)
	register(s, a, op("release-warning", "POST", "/warnings/{id}/release", "Release to every partner unit", "warnings"), s.warningRelease)
	register(s, a, created(op("revise-warning", "POST", "/warnings/{id}/revisions", "Open the next revision of a released warning as a draft", "warnings")), s.warningRevise)
	register(s, a, op("answer-warning", "POST", "/warnings/{id}/answer", "Acknowledge: checking, affected, not affected, fixed", "warnings"), s.warningAnswer)
	register(s, a, op("warning-differences", "GET", "/warnings/{id}/differences", "What the revision that is being written changes", "warnings"), s.warningDifferences)
	register(s, a, op("warning-outlook", "GET", "/warnings/{id}/outlook", "What the release of a draft would meet: units and addresses by wave, how much of the text goes each way, what is missing", "warnings"), s.warningOutlook)
	register(s, a, op("try-release", "POST", "/warnings/{id}/try", "What a release would do at this moment; nothing leaves", "warnings"), s.warningTry)
	register(s, a, op("view-warning-as", "GET", "/warnings/{id}/as/{org}", "A draft as one recipient would get it", "warnings"), s.warningAs)
	register(s, a, created(op("draft-exercise", "POST", "/cases/{id}/exercises", "Draft an exercise about a case", "warnings")), s.warningExercise)
	register(s, a, op("warning-vex", "GET", "/warnings/{id}/vex", "An OpenVEX document to fill in, with your products that match", "warnings"), s.warningVEX)
	register(s, a, findable(op("bundle-warning", "GET", "/warnings/{id}/bundle", "A signed file with a warning, for machines without a network", "warnings")), s.warningBundle)
	register(s, a, findable(op("bundle-warnings", "GET", "/warning-bundle", "A signed file with all your warnings in force", "warnings")), s.warningBundleAll)
	register(s, a, findable(op("hand-back-answer", "POST", "/warning-answers", "Answer by a sheet that was filled in without a network", "warnings")), s.warningAnswerSheet)
	register(s, a, sized(findable(public(op("take-in-mail", "POST", "/inbound/mail", "Hand in a mail to a reply address; for the platform's mail gateway", "warnings"))), warning.MaxInbound), s.inboundMail)
	register(s, a, sized(created(op("add-warning-proof", "POST", "/warnings/{id}/proofs", "Show something with your answer", "warnings")), proofBody), s.warningProve)
	register(s, a, op("list-warning-proofs", "GET", "/warnings/{id}/proofs", "What was shown with answers: your own; for staff, all", "warnings"), s.warningProofs)
	register(s, a, findable(op("list-warning-calls", "GET", "/warning-calls", "Units to be called because they are silent; for the platform's people", "warnings")), s.warningCalls)
	register(s, a, empty(op("record-warning-call", "POST", "/warnings/{id}/calls/{org}", "Say how a call to a silent unit went", "warnings")), s.warningCall)
	register(s, a, op("warning-coverage", "GET", "/warnings/{id}/coverage", "How far a warning has come", "warnings"), s.warningCoverage)
	register(s, a, eventStream(op("stream", "GET", "/stream", "What happens to your warnings, as it happens: Server-Sent Events that can be resumed", "warnings")), s.stream)
	register(s, a, op("list-recipients", "GET", "/warnings/{id}/recipients", "Who was warned, who is silent first, and what became of each delivery", "warnings"), s.warningRecipients)
	register(s, a, document(streamed(op("export-recipients", "GET", "/warnings/{id}/export", "The board of a warning as a file, as long as it may be", "warnings"), "text/csv", "application/json")), s.warningExport(a))
	register(s, a, op("warning-peers", "GET", "/warnings/{id}/peers", "How your sector and everybody are doing; nothing about fewer units than the installation says", "warnings"), s.warningPeers)
	register(s, a, document(streamed(op("export-peers", "GET", "/warnings/{id}/peers/export", "How your sector and everybody are doing, as a file: what warning-peers tells", "warnings"), "text/csv", "application/json")), s.warningPeersExport(a))

	register(s, a, created(op("draft-advisory", "POST", "/cases/{id}/advisory", "Draft the advisory of a case", "advisories")), s.advisoryDraft)
	register(s, a, versioned(op("edit-advisory", "PUT", "/advisory-drafts/{id}", "Change a draft advisory", "advisories")), guarded(s.advisoryByID, s.advisoryEdit))
	register(s, a, op("get-case-advisory", "GET", "/cases/{id}/advisory", "The advisory of a case with its unpublished changes, for those who write it", "advisories"), s.advisoryOfCase)
	register(s, a, op("submit-advisory", "POST", "/advisory-drafts/{id}/submit", "Ask a second person to review", "advisories"), s.advisorySubmit)
	register(s, a, op("publish-advisory", "POST", "/advisory-drafts/{id}/publish", "Publish as the reviewer", "advisories"), s.advisoryPublish)
	register(s, a, public(op("list-advisories", "GET", "/advisories", "Published advisories, newest first", "advisories")), s.advisoryList)
	register(s, a, public(op("get-advisory", "GET", "/advisories/{number}", "One published advisory, by number or alias", "advisories")), s.advisoryGet)

	register(s, a, created(op("make-commitment", "POST", "/commitments", "Fix the date of a find by a digest, and say later what it is", "evidence")), s.commitmentMake)
	register(s, a, op("list-commitments", "GET", "/commitments", "Commitments of your organisation, newest first", "evidence"), s.commitmentList)
	register(s, a, op("get-commitment", "GET", "/commitments/{id}", "One commitment", "evidence"), s.commitmentGet)
	register(s, a, op("open-commitment", "POST", "/commitments/{id}/opening", "Say what a commitment was about", "evidence"), s.commitmentOpen)
	register(s, a, op("get-commitment-receipt", "GET", "/commitments/{id}/receipt", "The signed receipt of a commitment's making or opening", "evidence"), s.commitmentReceipt)
	register(s, a, op("list-names", "GET", "/members/{id}/names", "By what an organisation is known: names, domains, published affiliations", "credits"), s.creditNames)
	register(s, a, created(op("add-name", "POST", "/members/{id}/names", "Say by which further name an organisation is known", "credits")), s.creditNameAdd)
	register(s, a, empty(op("remove-name", "POST", "/members/{id}/names/{name}/removal", "Say that an organisation is not known by a name any more", "credits")), s.creditNameRemove)
	register(s, a, created(op("add-affiliation", "POST", "/members/{id}/affiliations", "Enter what a public record says of who works there", "credits")), s.creditPersonAdd)
	register(s, a, empty(op("dispute-affiliation", "POST", "/members/{id}/affiliations/{affiliation}/dispute", "Say that an affiliation is wrong", "credits")), s.creditPersonDispute)
	register(s, a, empty(op("remove-affiliation", "POST", "/members/{id}/affiliations/{affiliation}/removal", "Take an affiliation off the record and erase the person", "credits")), s.creditPersonRemove)
	register(s, a, findable(sized(op("import-records", "POST", "/credits/records", "Import public records (CVE JSON 5, OSV, CSAF; one, several, or a ZIP) and compare them with the members", "credits"), sbomBody)), s.creditImport)
	register(s, a, op("list-leads", "GET", "/credits", "Finds that public records thank your organisation for and that are not reported here; for supervisors, all", "credits"), s.creditList)
	register(s, a, op("get-lead", "GET", "/credits/{id}", "One lead with the evidence side by side", "credits"), s.creditGet)
	register(s, a, bytes(op("get-lead-record", "GET", "/credits/{id}/records/{record}", "A public record as it was imported", "credits")), s.creditRecord)
	register(s, a, op("ask-about-lead", "POST", "/credits/{id}/inquiry", "Open the inquiry of a lead", "credits"), s.creditAsk)
	register(s, a, op("dismiss-lead", "POST", "/credits/{id}/dismissal", "End a lead without a question", "credits"), s.creditDismiss)
	register(s, a, op("deny-lead", "POST", "/credits/{id}/denial", "Say that your organisation is not meant", "credits"), s.creditDeny)

	register(s, a, findable(created(op("open-inquiry", "POST", "/inquiries", "Ask an organisation how it kept its duties", "inquiries"))), s.inquiryOpen)
	register(s, a, op("list-inquiries", "GET", "/inquiries", "Inquiries into your organisation; for supervisors, all", "inquiries"), s.inquiryList)
	register(s, a, versioned(op("get-inquiry", "GET", "/inquiries/{id}", "The whole file of an inquiry", "inquiries")), fresh(s.inquiryGet))
	register(s, a, op("serve-notice", "POST", "/inquiries/{id}/notice", "Serve the formal notice", "inquiries"), s.inquiryServe)
	register(s, a, op("extend-statement", "POST", "/inquiries/{id}/extension", "Give longer for the statement", "inquiries"), s.inquiryExtend)
	register(s, a, op("make-statement", "POST", "/inquiries/{id}/statements", "State your side", "inquiries"), s.inquiryState)
	register(s, a, op("propose-decision", "POST", "/inquiries/{id}/decisions", "Propose a decision, as the first of two persons", "inquiries"), s.inquiryPropose)
	register(s, a, op("sign-decision", "POST", "/inquiries/{id}/sign", "Sign the proposed decision as the second person", "inquiries"), s.inquirySign)
	register(s, a, op("refuse-decision", "POST", "/inquiries/{id}/refuse", "Let the proposed decision fall", "inquiries"), s.inquiryRefuse)
	register(s, a, op("appeal-decision", "POST", "/inquiries/{id}/appeal", "Appeal against the decision", "inquiries"), s.inquiryAppeal)
	register(s, a, op("answer-appeal", "POST", "/inquiries/{id}/answer", "Answer an appeal: the decision stands or falls", "inquiries"), s.inquiryAnswer)
	register(s, a, op("redeliver-notice", "POST", "/inquiries/{id}/service", "Serve a notice again that reached nobody", "inquiries"), s.inquiryRedeliver)
	register(s, a, op("contest", "POST", "/inquiries/{id}/objections", "Contest a fact, a duty or a delivery", "inquiries"), s.inquiryObject)
	register(s, a, op("answer-objection", "POST", "/inquiries/{id}/objection-answers", "Answer an objection", "inquiries"), s.inquiryObjectionAnswer)
	register(s, a, op("rectify", "POST", "/inquiries/{id}/rectifications", "Report what you have mended, while a sanction has effect", "inquiries"), s.inquiryRectify)
	register(s, a, public(op("list-decisions", "GET", "/decisions", "Published decisions, the newest inquiry first", "inquiries")), s.decisionList)
	register(s, a, public(op("get-decision", "GET", "/decisions/{number}", "One published decision", "inquiries")), s.decisionGet)
	register(s, a, public(op("get-policy", "GET", "/policy", "What members keep and lose in each standing", "inquiries")), s.policyGet)
	register(s, a, op("end-sanction", "POST", "/inquiries/{id}/end", "End a sanction before its term", "inquiries"), s.inquiryEnd)

	register(s, a, op("list-evaluations", "GET", "/evaluations", "Yearly evaluations of your organisation; for supervisors, all", "evaluations"), s.evaluationList)
	register(s, a, findable(created(op("draft-evaluations", "POST", "/evaluations", "Draft the evaluations of all partner units for a year", "evaluations"))), s.evaluationDraft)
	register(s, a, op("list-evaluation-rounds", "GET", "/evaluation-rounds", "Years that were evaluated, and how the scores lay", "evaluations"), s.evaluationRounds)
	register(s, a, public(op("get-evaluation-scheme", "GET", "/evaluation-schemes/{year}", "The weights of a year", "evaluations")), s.evaluationScheme)
	register(s, a, versioned(op("get-evaluation", "GET", "/evaluations/{id}", "One evaluation with every row that it rests on", "evaluations")), fresh(s.evaluationGet))
	register(s, a, op("recompute-evaluation", "GET", "/evaluations/{id}/recomputed", "The score as it comes out of the records now", "evaluations"), s.evaluationRecompute)
	register(s, a, op("object-to-evaluation", "POST", "/evaluations/{id}/objections", "Object to a row or a criterion", "evaluations"), s.evaluationObject)
	register(s, a, op("answer-evaluation", "POST", "/evaluations/{id}/answers", "Answer an objection", "evaluations"), s.evaluationAnswer)
	register(s, a, op("propose-level", "POST", "/evaluations/{id}/proposal", "Propose a level, as the first of two persons", "evaluations"), s.evaluationPropose)
	register(s, a, op("sign-level", "POST", "/evaluations/{id}/sign", "Sign the proposed level as the second person", "evaluations"), s.evaluationSign)
	register(s, a, op("refuse-level", "POST", "/evaluations/{id}/refuse", "Let the proposed level fall", "evaluations"), s.evaluationRefuse)

	register(s, a, public(op("list-transparency-editions", "GET", "/transparency", "Published editions of the transparency report, newest first", "transparency")), s.transparencyList)
	register(s, a, public(op("get-transparency", "GET", "/transparency/{period}", "Figures of a period as they stand now, signed by nobody", "transparency")), s.transparencyLive)
	register(s, a, public(op("get-transparency-edition", "GET", "/transparency/{period}/editions/{n}", "A published edition", "transparency")), s.transparencyGet)
	register(s, a, public(op("get-transparency-receipt", "GET", "/transparency/{period}/editions/{n}/receipt", "The signed receipt of an edition, with its figures", "transparency")), s.transparencyReceipt)
	register(s, a, findable(op("list-transparency-drafts", "GET", "/transparency-drafts", "Drafts that wait for signatures", "transparency")), s.transparencyDrafts)
	register(s, a, findable(created(op("draft-transparency-edition", "POST", "/transparency-drafts", "Freeze the figures of a quarter or a year that is over", "transparency"))), s.transparencyDraft)
	register(s, a, op("get-transparency-draft", "GET", "/transparency-drafts/{id}", "One draft", "transparency"), s.transparencyByID)
	register(s, a, op("sign-transparency-edition", "POST", "/transparency-drafts/{id}/sign", "Sign a draft; the second signature publishes it", "transparency"), s.transparencySign)
	register(s, a, op("drop-transparency-edition", "POST", "/transparency-drafts/{id}/drop", "Let a draft fall", "transparency"), s.transparencyDrop)
	register(s, a, empty(op("explain-breach", "POST", "/transparency-reasons/{id}", "Put on record why the platform kept one of its own clocks too late", "transparency")), s.transparencyExplain)

	register(s, a, public(op("get-evidence", "GET", "/evidence", "The evidence log's public key and newest checkpoint", "evidence")), s.evidenceGet)
	register(s, a, op("list-tokens", "GET", "/tokens", "Your API tokens", "members"), s.tokenList)
	register(s, a, empty(op("revoke-token", "DELETE", "/tokens/{id}", "Revoke an API token", "members")), s.tokenRevoke)
}
