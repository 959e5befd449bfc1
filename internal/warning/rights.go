// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package warning

import (
	"context"
	"fmt"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

// Authority is what kind of body runs the platform and issues its warnings.
type Authority string

// The authorities.
const (
	Central    Authority = "central"    // 部应急办: Service.Territory is empty
	Provincial Authority = "provincial" // 省级通信管理局: it names the province
)

// A Right says who may issue a level, and where (公共互联网网络安全突发事件应急预案, 2017, 4.2).
type Right struct {
	Level Level
	By    Authority
	Where string // Country, Province, or AnyTerritory
	Basis bool   // only with the decision of the national office, which Content.Basis names
	Plan  bool   // by the plan's own words; else a rule of this platform, for what the plan leaves open
}

// Where a right holds.
const (
	Country      = "country"  // for the whole country
	Province     = "province" // for the issuer's own territory
	AnyTerritory = "any"
)

// Rights is the table. By the plan, red is published by the national office for network security emergencies, to which the
// ministry's office reports, or relayed on its decision; orange by the ministry's office; yellow and blue by the provincial
// authority in its territory, which reports to the ministry's office. What the plan leaves open – a yellow or blue warning
// that concerns several provinces – the central authority issues for the whole country or for one of them. Below the
// colours both give risk notices.
var Rights = []Right{
	{Red, Central, Country, true, true},
	{Orange, Central, Country, false, true},
	{Yellow, Provincial, Province, false, true},
	{Blue, Provincial, Province, false, true},
	{Yellow, Central, AnyTerritory, false, false},
	{Blue, Central, AnyTerritory, false, false},
	{Risk, Central, AnyTerritory, false, true},
	{Risk, Provincial, Province, false, true},
}

// An Issuer is the body that runs this platform.
type Issuer struct {
	Name, Phone string
	Region      string // its province; "" for the central authority
}

// Authority of the issuer.
func (i Issuer) Authority() Authority {
	if i.Region == "" {
		return Central
	}
	return Provincial
}

// Right is the issuer's right to a level.
func (i Issuer) Right(l Level) (Right, bool) {
	for _, r := range Rights {
		if r.Level == l && r.By == i.Authority() {
			return r, true
		}
	}
	return Right{}, false
}

// may checks that the issuer may issue a warning as it stands.
func (i Issuer) may(w Warning) error {
	var c fault.Check
	r, ok := i.Right(w.Level)
	c.That(ok, "level", "warning.rule.right-level", string(Yellow))
	if ok {
		c.That(r.Where != Country || w.Territory == "", "territory", "warning.rule.right-country", "")
		c.That(r.Where != Province || w.Territory == i.Region, "territory", "warning.rule.right-province", i.Region, i.Region)
		c.That(!r.Basis || w.Content.Basis != "", "content.basis", "warning.rule.basis", "国家网络安全应急办公室 2021 年第 1 号")
	}
	return c.Err()
}

// issuer is the organisation that runs this platform; without one, Release asks for a name and a number.
func (s *Service) issuer(ctx context.Context, tx *db.Tx) (i Issuer, err error) {
	i, err = db.Get(ctx, tx, func(r db.Row) (i Issuer, err error) {
		var o member.Org
		err = r.Scan(&o.NameZH, &o.NameEN, &i.Phone)
		i.Name = o.Name("zh-CN")
		return i, err
	}, `SELECT name_zh, name_en, phone FROM org WHERE CAST(roles AS TEXT) LIKE '%"platform"%' ORDER BY created_at, id LIMIT 1`)
	if fault.Is(err, fault.NotFound) {
		err = nil
	}
	i.Region = s.Territory
	return i, err
}

// Issuer returns the body that issues warnings here, for those who write them.
func (s *Service) Issuer(ctx context.Context, by member.Actor) (i Issuer, err error) {
	if err := watcher(by); err != nil {
		return i, err
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		i, err = s.issuer(ctx, tx)
		return err
	})
	if err != nil {
		return Issuer{}, fmt.Errorf("find who issues warnings: %w", err)
	}
	return i, nil
}
