// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"

	"github.com/fengsui/fengsui/internal/member"
)

func (s *Server) memberGet(ctx context.Context, by member.Actor, in *ByID) (*reply[Member], error) {
	o, err := s.Members.Org(ctx, by, in.ID)
	return answer(memberOf(printer(ctx), o), err)
}

func (s *Server) memberDecline(ctx context.Context, by member.Actor, in *withBody[Reason]) (*none, error) {
	return nil, s.Members.Decline(ctx, by, in.ID, in.Body.Why)
}

// Channels are where an organisation can be reached.
type Channels struct {
	Email      string `json:"email" maxLength:"300" doc:"security contact"`
	Phone      string `json:"phone,omitempty" maxLength:"60"`
	WebhookURL string `json:"webhook_url,omitempty" maxLength:"2000" doc:"https address for signed webhooks (Standard Webhooks)"`

	Certificate string `json:"certificate,omitempty" maxLength:"65536" doc:"S/MIME certificate in PEM or OpenPGP public key in ASCII armour: mail to the security contact is encrypted for it; left out, it is removed"`
}

// Configured is what a change of channels led to.
type Configured struct {
	Organisation  Member `json:"organisation"`
	WebhookSecret string `json:"webhook_secret,omitempty" doc:"whsec_…: signs webhooks to a new address; shown once"`
}

func (s *Server) memberConfigure(ctx context.Context, by member.Actor, in *withBody[Channels]) (*reply[Configured], error) {
	o, secret, err := s.Members.Configure(ctx, by, in.ID, member.Channels(in.Body))
	return answer(Configured{memberOf(printer(ctx), o), secret}, err)
}
