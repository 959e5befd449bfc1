// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"net/http"

	"github.com/fengsui/fengsui/internal/web/static"
)

// Routes puts the pages on mux, in the order of the line.
func (s *Server) Routes(mux *http.ServeMux) {
	mux.Handle("GET /static/", static.Handler())
	mux.Handle("GET /{$}", s.page(s.home))
	mux.Handle("GET /", s.page(s.nowhere))
	mux.Handle("POST /preferences", s.page(s.preferences))

	mux.Handle("GET /sign-in", s.page(s.signIn))
	mux.Handle("POST /sign-in", s.page(s.signInPost))
	mux.Handle("POST /sign-in/as", s.page(s.signInAs))
	mux.Handle("POST /sign-out", s.page(s.signOut))
	mux.Handle("GET /join", s.page(s.memberJoin))
	mux.Handle("POST /join", s.page(s.memberJoinPost))

	mux.Handle("GET /reports/new", s.page(s.reportNew))
	mux.Handle("POST /reports", s.page(s.reportSubmit))
	mux.Handle("GET /reports", s.member(s.reportList))
	mux.Handle("GET /reports/{id}", s.member(s.reportShow))
	mux.Handle("GET /reports/{id}/supplement", s.member(s.reportSupplement))
	mux.Handle("POST /reports/{id}/supplement", s.member(s.reportSupplementPost))
	mux.Handle("GET /reports/{id}/receipt.json", s.member(s.reportReceipt))
	mux.Handle("GET /attachments/{id}", s.member(s.reportAttachment))
	mux.Handle("GET /drafts", s.member(s.draftList))
	mux.Handle("POST /drafts/{id}/drop", s.member(s.draftDrop))
	mux.Handle("GET /status", s.page(s.reportStatusForm))
	mux.Handle("GET /status/{secret}", s.page(s.reportStatus))
	mux.Handle("GET /status/{secret}/receipt.json", s.page(s.reportStatusReceipt))
	mux.Handle("GET /status/{secret}/supplement", s.page(s.statusSupplement))
	mux.Handle("POST /status/{secret}/supplement", s.page(s.statusSupplementPost))
	mux.Handle("GET /duties", s.member(s.dutyList))

	mux.Handle("GET /cases", s.staff(s.caseBoard))
	mux.Handle("GET /cases/{id}", s.page(s.caseShow))
	mux.Handle("POST /cases/{id}/move", s.member(s.caseMove))
	mux.Handle("GET /cases/{id}/edit", s.staff(s.caseEdit))
	mux.Handle("POST /cases/{id}/edit", s.staff(s.caseEditPost))
	mux.Handle("POST /cases/{id}/verify", s.member(s.caseVerify))
	mux.Handle("GET /cases/{id}/grade", s.staff(s.caseGrade))
	mux.Handle("POST /cases/{id}/grade", s.member(s.caseGradePost))
	mux.Handle("POST /cases/{id}/notices", s.member(s.caseNotify))
	mux.Handle("POST /cases/{id}/answer", s.member(s.caseAnswer))
	mux.Handle("POST /cases/{id}/match", s.staff(s.caseMatch))
	mux.Handle("GET /notices/{id}", s.member(s.noticeShow))
	mux.Handle("POST /notices/{id}/acknowledge", s.member(s.noticeAcknowledge))
	mux.Handle("GET /n/{token}", s.page(s.noticeLink))
	mux.Handle("POST /n/{token}", s.page(s.noticeLinkPost))

	mux.Handle("GET /products", s.member(s.productList))
	mux.Handle("POST /products", s.member(s.productRegister))
	mux.Handle("GET /products/{id}", s.member(s.productShow))
	mux.Handle("POST /products/{id}/versions", s.member(s.versionAdd))
	mux.Handle("GET /products/{id}/changes", s.member(s.sbomDiff))
	mux.Handle("POST /products/{id}/sboms", s.member(s.sbomPush))

	mux.Handle("GET /warnings", s.member(s.warningList))
	mux.Handle("POST /cases/{id}/warnings", s.staff(s.warningDraft))
	mux.Handle("GET /warnings/{id}", s.member(s.warningShow))
	mux.Handle("GET /warnings/{id}/edit", s.staff(s.warningEdit))
	mux.Handle("POST /warnings/{id}/edit", s.staff(s.warningEditPost))
	mux.Handle("POST /warnings/{id}/approve", s.staff(s.warningApprove))
	mux.Handle("POST /warnings/{id}/release", s.staff(s.warningRelease))
	mux.Handle("POST /warnings/{id}/revise", s.staff(s.warningRevise))
	mux.Handle("GET /warnings/{id}/board", s.staff(s.warningBoard))
	mux.Handle("POST /warnings/{id}/answer", s.member(s.warningAnswer))
	mux.Handle("GET /w/{token}", s.page(s.warningLink))
	mux.Handle("POST /w/{token}", s.page(s.warningLinkPost))

	mux.Handle("GET /advisories", s.page(s.advisoryList))
	mux.Handle("GET /advisories/{number}", s.page(s.advisoryShow))
	mux.Handle("POST /cases/{id}/advisory", s.staff(s.advisoryDraft))
	mux.Handle("GET /advisory-drafts/{id}", s.staff(s.advisoryEdit))
	mux.Handle("POST /advisory-drafts/{id}", s.staff(s.advisoryEditPost))
	mux.Handle("POST /advisory-drafts/{id}/submit", s.staff(s.advisorySubmit))
	mux.Handle("POST /advisory-drafts/{id}/publish", s.staff(s.advisoryPublish))

	mux.Handle("GET /members", s.member(s.memberList))
	mux.Handle("GET /members/{id}", s.member(s.memberShow))
	mux.Handle("POST /members/{id}/approve", s.staff(s.memberApprove))
	mux.Handle("POST /members/{id}/suspend", s.staff(s.memberSuspend))
	mux.Handle("POST /members/{id}/reinstate", s.staff(s.memberReinstate))
	mux.Handle("GET /register", s.staff(s.dutyRegister))
	mux.Handle("GET /tokens", s.member(s.tokenList))
	mux.Handle("POST /tokens", s.member(s.tokenIssue))
	mux.Handle("POST /tokens/{id}/revoke", s.member(s.tokenRevoke))
	mux.Handle("GET /settings", s.admin(s.settings))
	mux.Handle("POST /settings", s.admin(s.settingsPost))
	mux.Handle("POST /settings/people", s.admin(s.settingsPerson))
	mux.Handle("GET /evidence", s.page(s.evidenceShow))
	mux.Handle("POST /evidence", s.page(s.evidenceCheck))
	mux.Handle("GET /journal", s.staff(s.journal))
	mux.Handle("GET /api/docs", s.page(s.apiDocs))
}
