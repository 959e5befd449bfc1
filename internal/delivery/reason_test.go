// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package delivery_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/db/dbtest"
	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/i18n"
	"github.com/fengsui/fengsui/internal/outbound"
)

// at renders to an address of its own for each recipient.
type at struct{ url, email string }

func (a at) Render(_ context.Context, d delivery.Delivery) (delivery.Message, error) {
	if a.url == "" && a.email == "" {
		return delivery.Message{}, delivery.Permanent{Err: fmt.Errorf("there is no %s", d.Subject)}
	}
	return delivery.Message{To: delivery.Address{URL: a.url, Email: a.email}}, nil
}

func (at) Ended(context.Context, *db.Tx, delivery.Delivery) error { return nil }

// What an attempt came to is kept as a code with its facts, and said in the reader's language.
func TestReasonsAreCodes(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, clock *calendar.Driven) {
		for i, x := range []struct {
			err    error
			status int
			want   delivery.Reason
			zh, en string
		}{
			{outbound.ErrTimeout, 0, delivery.Reason{Code: delivery.NoAnswer, Host: "psirt.example"}, "在时限内没有应答", "no answer in time"},
			{fmt.Errorf("post: %w", outbound.ErrRefused), 0, delivery.Reason{Code: delivery.NotListening, Host: "psirt.example"}, "连接被拒绝", "the connection was refused"},
			{delivery.Reason{Code: delivery.Answered}, 503, delivery.Reason{Code: delivery.Answered, Status: 503, Host: "psirt.example"}, "应答 HTTP 503", "answered HTTP 503"},
			{delivery.Permanent{Err: delivery.Reason{Code: delivery.MailboxRefuses, Enhanced: "5.1.1"}}, 550, delivery.Reason{Code: delivery.MailboxRefuses, Status: 550, Enhanced: "5.1.1", Host: "psirt.example"},
				"邮件服务器拒收该收件人或该邮件：550 5.1.1", "the mail server refused the recipient or the mail: 550 5.1.1"},
			{delivery.Later{Err: delivery.Reason{Code: delivery.RobotSaid, Own: 130101}, After: time.Minute}, 200, delivery.Reason{Code: delivery.RobotSaid, Status: 200, Own: 130101, Host: "psirt.example"},
				"机器人平台返回错误码 130101", "the robot's platform answered with the code 130101"},
			{delivery.Down{Err: delivery.Reason{Code: delivery.MailServer, Detail: string(delivery.NoName)}}, 0, delivery.Reason{Code: delivery.MailServer, Detail: "no-name"},
				"邮件服务器未连通：域名无法解析", "the mail server is not reached: its name cannot be looked up"},
			{errors.New("a tree fell on it"), 0, delivery.Reason{Code: delivery.Unknown, Detail: "a tree fell on it", Host: "psirt.example"}, "原因不明：a tree fell on it", "for a reason unknown: a tree fell on it"},
		} {
			subject := fmt.Sprint("s", i)
			s := &delivery.Sender{DB: d, Parallel: 1, Channels: map[string]delivery.Channel{"webhook": said{x.status, x.err}}, Purposes: map[string]delivery.Purpose{"test": at{url: "https://psirt.example/hook?token=s3cret"}}}
			clock.Advance(time.Hour) // nothing is left alone for longer
			got := one(t, s, subject)
			if diff := cmp.Diff(x.want, got.Why); diff != "" {
				t.Errorf("%v: %s", x.err, diff)
			}
			if zh, en := got.Why.In(i18n.For("zh-CN")), got.Why.In(i18n.For("en")); zh != x.zh || en != x.en || got.Why.Error() != x.en {
				t.Errorf("%s, %s", zh, en)
			}
		}
		s := &delivery.Sender{DB: d, Channels: map[string]delivery.Channel{"webhook": said{}}, Purposes: map[string]delivery.Purpose{"test": at{}}}
		if got := one(t, s, "unmade"); got.Why != (delivery.Reason{Code: delivery.NotMade, Detail: "there is no unmade"}) || got.State != delivery.Failed {
			t.Errorf("%+v", got)
		}
	})
}

type said struct {
	status int
	err    error
}

func (s said) Send(context.Context, string, time.Time, delivery.Message) (int, error) {
	return s.status, s.err
}

// one queues a message, sends it, and returns what became of it, which is also what its last attempt says.
func one(t *testing.T, s *delivery.Sender, subject string) (out delivery.Delivery) {
	t.Helper()
	ctx := context.Background()
	if err := s.DB.Tx(ctx, func(tx *db.Tx) error {
		return delivery.Queue(ctx, tx, delivery.Delivery{Purpose: "test", Subject: subject, OrgID: "o" + subject, Channel: "webhook"})
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Drain(ctx); err != nil {
		t.Fatal(err)
	}
	if err := s.DB.View(ctx, func(tx *db.Tx) (err error) {
		if out, err = delivery.Get(ctx, tx, nil, delivery.ID("test", subject, "o"+subject, "webhook")); err != nil {
			return err
		}
		as, err := delivery.Attempts(ctx, tx, out.ID)
		if len(as) != 1 || as[0].Why != out.Why {
			t.Errorf("attempts %+v of %+v", as, out)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return out
}

// Every code has its sentence in both languages, and what was recorded before there were codes is said as it stands.
func TestEveryReasonIsSaid(t *testing.T) {
	for _, lang := range i18n.Languages {
		p := i18n.For(lang)
		for _, c := range []delivery.Code{delivery.NoAnswer, delivery.NoName, delivery.BadCertificate, delivery.NotListening, delivery.NoConnection, delivery.BadAnswer, delivery.Answered,
			delivery.Busy, delivery.Unclear, delivery.Gone, delivery.GoneBefore, delivery.RobotSaid, delivery.RobotGone, delivery.MailboxRefuses, delivery.MailboxBusy, delivery.Silent,
			delivery.MailServer, delivery.MailServerRefuses, delivery.Gateway, delivery.GatewayRefuses, delivery.NotReady, delivery.NoChannel, delivery.NotMade, delivery.Broke,
			delivery.Unknown, delivery.NoRecipient, delivery.NoAddress, delivery.BadAddress, delivery.NotPublic, delivery.NoSecret, delivery.NotSealable, delivery.TooLong,
			delivery.NothingToShow, delivery.QuietHours} {
			if got := (delivery.Reason{Code: c, Status: 500, Own: 7, Since: dbtest.Start}).In(p); got == "" || strings.Contains(got, string(c)+"'") || strings.HasPrefix(got, "delivery.why") {
				t.Errorf("%s in %s: %q", c, lang, got)
			}
		}
		for want, r := range map[string]delivery.Reason{"answered 503": {Detail: "answered 503"}, "": {}, "of-a-newer-node": {Code: "of-a-newer-node"}} {
			if got := r.In(p); got != want {
				t.Errorf("%q, want %q", got, want)
			}
		}
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *calendar.Driven) {
		queue(t, d, 1)
		ctx := context.Background()
		for text, want := range map[string]delivery.Reason{"answered 503": {Detail: "answered 503"}, `{"code":"answered","status":503}`: {Code: delivery.Answered, Status: 503}, `{"code":"broken`: {Detail: `{"code":"broken`}} {
			if err := d.Tx(ctx, func(tx *db.Tx) error {
				_, err := tx.Exec(ctx, `UPDATE delivery SET last_error = $1`, text)
				return err
			}); err != nil {
				t.Fatal(err)
			}
			if got, _ := only(t, d); got.Why != want {
				t.Errorf("%s: %+v", text, got.Why)
			}
		}
	})
}

// Of the failures of an organisation the latest is told, however many there were.
func TestHealthTellsTheLatestFailure(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, clock *calendar.Driven) {
		ctx := context.Background()
		hook := &said{}
		s := &delivery.Sender{DB: d, Parallel: 1, Channels: map[string]delivery.Channel{"webhook": hook}, Purposes: map[string]delivery.Purpose{"test": at{url: "https://psirt.example/"}}}
		send := func(subject string, status int) {
			hook.status, hook.err = status, nil
			if status != 200 {
				hook.err = delivery.Reason{Code: delivery.Answered}
			}
			if err := d.Tx(ctx, func(tx *db.Tx) error {
				return delivery.Queue(ctx, tx, delivery.Delivery{Purpose: "test", Subject: subject, OrgID: "a", Channel: "webhook"})
			}); err != nil {
				t.Fatal(err)
			}
			drain(t, s)
		}
		send("a", 500)
		clock.Advance(time.Minute)
		send("b", 502)
		failed := clock.Now()
		clock.Advance(10 * time.Second)
		send("c", 200)
		if err := d.View(ctx, func(tx *db.Tx) error {
			hs, err := delivery.HealthOf(ctx, tx, "a", dbtest.Start.Add(-time.Hour))
			if err != nil || len(hs) != 1 || hs[0].Why.Status != 502 || !hs[0].Failed.Equal(failed) || !hs[0].Well() {
				t.Errorf("%+v, %v", hs, err)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
	})
}
