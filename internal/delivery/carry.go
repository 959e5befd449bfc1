// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package delivery

import "github.com/fengsui/fengsui/internal/spec/tlp"

// Channels beside Email and Webhook. They carry Message.Short and Message.Link, and nothing else.
const (
	DingTalk = "dingtalk"
	WeCom    = "wecom"
	Feishu   = "feishu"
	Slack    = "slack"
	Teams    = "teams"
	SMS      = "sms"
)

// Carries is the one place that says whether a text with a label may leave by a push channel: up to TLP:GREEN by mail
// and webhook; TLP:AMBER and TLP:AMBER+STRICT only by mail that is encrypted for its recipient; TLP:RED, and what is no
// label, never. Where it says no, a message is thin: number, level, label and link. Robots and SMS are always thin.
func Carries(channel, label string, sealed bool) bool {
	l := tlp.Label(label)
	switch channel {
	case Email:
		return l.Allows(tlp.Community) || sealed && l.Allows(tlp.Organisation)
	case Webhook:
		return l.Allows(tlp.Community)
	}
	return false
}
