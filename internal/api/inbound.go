// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"

	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

// InboundTaken says what became of a mail.
type InboundTaken struct {
	Taken bool   `json:"taken"`
	Why   string `json:"why,omitempty" doc:"why it was not taken as an answer"`
}

type inboundInput struct {
	Secret  string `header:"X-Fengsui-Gateway" maxLength:"200" doc:"mail.reply_secret of the configuration"`
	RawBody []byte `contentType:"message/rfc822"`
}

// inboundMail takes in a raw mail. It answers 200 to whatever it could read as one, taken or not: the gateway need not try
// again, and sends nothing back to anybody.
func (s *Server) inboundMail(ctx context.Context, _ member.Actor, in *inboundInput) (*reply[InboundTaken], error) {
	want, got := sha256.Sum256([]byte(s.InboundSecret)), sha256.Sum256([]byte(in.Secret))
	if s.InboundSecret == "" || subtle.ConstantTimeCompare(want[:], got[:]) != 1 {
		return nil, fault.Missing()
	}
	why, err := s.Warnings.AcknowledgeMail(ctx, in.RawBody)
	if err == nil && why != "" && s.Log != nil {
		s.Log.Info("a mail was not taken as an answer", "why", string(why))
	}
	return answer(InboundTaken{why == "" && err == nil, string(why)}, err)
}
