// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

// Package orgname makes the spellings of one organisation's or person's name comparable, in Chinese and English: width,
// case, accents, separators, legal forms (有限公司, Inc., Co., Ltd.), and words for a part of a house (安全实验室,
// Security Team).
package orgname

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Fold is a text in one width and case, without accents on Latin letters. Separators stay.
func Fold(s string) string {
	var b strings.Builder
	latin := false
	for _, r := range norm.NFKD.String(strings.ToValidUTF8(s, "")) {
		switch {
		case unicode.Is(unicode.Mn, r) && latin: // an accent
			continue
		case unicode.Is(unicode.Cf, r): // zero-width
			continue
		}
		latin = unicode.Is(unicode.Latin, r)
		b.WriteRune(r)
	}
	return cases.Fold().String(norm.NFKC.String(b.String()))
}

// Tokens are the words of a name, folded: runs of letters and digits, Chinese characters apart from other letters.
// A possessive 's is no part of a word, nor is an apostrophe.
func Tokens(s string) (out []string) {
	var b strings.Builder
	var han bool
	flush := func() {
		if b.Len() > 0 {
			out = append(out, b.String())
			b.Reset()
		}
	}
	s = strings.NewReplacer("’", "'", "`", "'").Replace(Fold(s))
	rs := []rune(s)
	for i, r := range rs {
		switch {
		case r == '\'' && i+1 < len(rs) && rs[i+1] == 's' && (i+2 == len(rs) || !letter(rs[i+2])):
			flush()
			continue
		case r == 's' && i > 0 && rs[i-1] == '\'' && (i+1 == len(rs) || !letter(rs[i+1])):
			continue
		case r == '\'':
			continue
		case !letter(r):
			flush()
			continue
		}
		if h := unicode.Is(unicode.Han, r); b.Len() > 0 && h != han {
			flush()
			han = h
		} else {
			han = h
		}
		b.WriteRune(r)
	}
	flush()
	return out
}

func letter(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.M, r)
}

// Key is equal for spellings of one name: without separators and legal forms. It is "" for a name without a letter.
func Key(s string) string { return strings.Join(trimmed(Tokens(s), legalWords, legalTails), "") }

// Keys are the keys by which a party in a credit may be known: its own, and those that remain as words for a part of a
// house are taken off its end, the longest first: "Zhuzhao Security Team" is zhuzhaosecurityteam, zhuzhaosecurity, zhuzhao.
func Keys(s string) []string {
	ts := trimmed(Tokens(s), legalWords, legalTails)
	out := []string{strings.Join(ts, "")}
	for {
		next, ok := shorter(ts, partWords, partTails)
		if !ok {
			break
		}
		ts = trimmed(next, legalWords, legalTails)
		out = append(out, strings.Join(ts, ""))
	}
	return slices.DeleteFunc(out, func(k string) bool { return k == "" })
}

// Core is the last of Keys: the name without any word for a part of a house.
func Core(s string) string {
	ks := Keys(s)
	if len(ks) == 0 {
		return ""
	}
	return ks[len(ks)-1]
}

// PartOf reports whether rest, which follows a name without a gap, is a word for a part of a house or a legal form, or
// begins with one: 安全实验室, 公司.
func PartOf(rest string) bool {
	for _, tails := range [][]string{partTails, legalTails} {
		for _, tail := range tails {
			if strings.HasPrefix(rest, tail) {
				return true
			}
		}
	}
	ts := Tokens(rest)
	return len(ts) > 0 && (partWords[ts[0]] || legalWords[ts[0]])
}

// AfterPart takes the words for a part of a house and the legal forms off the beginning of what follows a Chinese name.
func AfterPart(rest string) string {
	for {
		cut := false
		for _, tails := range [][]string{partTails, legalTails} {
			for _, tail := range tails {
				if next, ok := strings.CutPrefix(rest, tail); ok {
					rest, cut = next, true
					break
				}
			}
		}
		if !cut {
			return rest
		}
	}
}

// Person is equal for spellings of one person's name: in Latin letters the order of the words does not matter.
func Person(s string) string {
	ts := Tokens(s)
	latin := !slices.ContainsFunc(ts, func(t string) bool { return unicode.Is(unicode.Han, []rune(t)[0]) })
	if latin {
		slices.Sort(ts)
		return strings.Join(ts, " ")
	}
	return strings.Join(ts, "")
}

// Short reports whether a name is too short to stand alone for an organisation: up to four Latin letters or two Chinese
// characters.
func Short(name string) bool {
	k := []rune(Key(name))
	if slices.ContainsFunc(k, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
		return len(k) <= 2
	}
	return len(k) <= 4
}

// Generic reports whether a name consists of words that many houses have in their names.
func Generic(name string) bool {
	ts := Tokens(name)
	for _, t := range ts {
		for t != "" && !genericWords[t] && !partWords[t] && !legalWords[t] {
			tail := t
			for _, g := range genericTails {
				tail = strings.TrimSuffix(tail, g)
			}
			for _, g := range append(slices.Clone(partTails), legalTails...) {
				tail = strings.TrimSuffix(tail, g)
			}
			if tail == t {
				return false
			}
			t = tail
		}
	}
	return true
}

// trimmed takes words off the end as long as something remains.
func trimmed(ts []string, words map[string]bool, tails []string) []string {
	for {
		next, ok := shorter(ts, words, tails)
		if !ok {
			return ts
		}
		ts = next
	}
}

// shorter takes one word off the end, or the end of the last Chinese word, when something remains.
func shorter(ts []string, words map[string]bool, tails []string) ([]string, bool) {
	if len(ts) == 0 {
		return ts, false
	}
	last := ts[len(ts)-1]
	if words[last] && len(ts) > 1 {
		return ts[:len(ts)-1], true
	}
	for _, tail := range tails {
		rest, ok := strings.CutSuffix(last, tail)
		switch {
		case !ok:
		case rest == "" && len(ts) > 1:
			return ts[:len(ts)-1], true
		case rest != "":
			return append(slices.Clone(ts[:len(ts)-1]), rest), true
		}
	}
	return ts, false
}

func set(words string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(words) {
		m[w] = true
	}
	return m
}

// Chinese tails stand with the longest first.
var (
	legalWords = set("inc incorporated ltd limited llc llp lp corp corporation co company gmbh ag kg se sa sas srl sarl spa bv nv plc pte pty oy oyj ab asa kk sdn bhd group holdings holding")
	legalTails = []string{"股份有限公司", "有限责任公司", "集团有限公司", "有限公司", "集团公司", "控股公司", "株式会社", "公司", "集团"}
	partWords  = set("security team teams lab labs laboratory laboratories research researcher researchers response product incident emergency vulnerability department dept " +
		"psirt src cert csirt soc center centre unit division institute academy group redteam red blue offensive threat intelligence cybersecurity infosec engineering group bugbounty")
	partTails = []string{"安全应急响应中心", "应急响应中心", "安全响应中心", "安全研究实验室", "安全研究院", "安全研究中心", "安全研究团队", "安全实验室", "安全服务团队", "安全团队", "安全小组", "安全中心",
		"安全部", "攻防实验室", "攻防团队", "漏洞研究院", "研究院", "研究中心", "研究所", "研究团队", "实验室", "战队", "团队", "小组", "安全"}
	genericWords = set("the a of and cloud network networks data tech technology technologies software system systems solution solutions service services online digital internet web mobile cyber " +
		"info information global international china open source project foundation university college school hacker hackers anonymous independent security bug bounty")
	genericTails = []string{"中国", "云计算", "云", "网络", "数据", "科技", "技术", "软件", "系统", "服务", "信息", "数字", "互联网", "移动", "通信", "大学", "学院", "基金会", "开源", "项目组", "平台", "国际", "智能", "电子"}
)
