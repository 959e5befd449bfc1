// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package credit

import (
	"regexp"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// A party is somebody whom a credit may mean: a stretch of its text, and as what it stands there.
type party struct {
	text    string
	as      partyKind
	channel bool // stands where credits name the programme through which a find came in: "working with …", "via …"
}

type partyKind int

const (
	anybody partyKind = iota // a house or a person
	address                  // the domain of an e-mail address or page
)

// maxCredit bounds how much of one credit is read, in characters.
const maxCredit = 2_000

var (
	link     = regexp.MustCompile(`\[([^\[\]]{1,200})\]\(([^()\s]{1,500})\)`)
	email    = regexp.MustCompile(`(?i)\b[a-z0-9._%+-]{1,64}@([a-z0-9-]+(?:\.[a-z0-9-]+)+)\b`)
	page     = regexp.MustCompile(`(?i)\bhttps?://([a-z0-9.-]+)[^\s,;)>\]]*`)
	legal    = regexp.MustCompile(`(?i),\s*((?:co|inc|ltd|llc|llp|corp|gmbh|plc|pte|pty|s\.a|srl)\b)`)
	clauses  = regexp.MustCompile(`[;\n\r。|•]+|\.\s+(?:also|this|these|it)\s`)
	leadIn   = regexp.MustCompile(`(?i)^.*?(?:\b(?:discovered|found|reported|identified|disclosed|submitted|uncovered|credited|acknowledged)(?:(?:\s*,\s*|\s+and\s+|\s+)(?:responsibly|independently|originally|first|discovered|found|reported|identified|disclosed|analy[sz]ed|submitted))*(?:\s+to\s+[^,;]{1,40})?\s+by\b|\b(?:thanks?(?:\s+(?:goes|go))?(?:\s+to)?|credits?(?:\s+(?:goes|go))?\s*(?:to|:)|kudos to|acknowledg(?:e|es|ements?|ments?)(?:\s+to)?)\b|\b(?:finders?|reporters?|researchers?)\s*:)[\s:]*`)
	tail     = regexp.MustCompile(`(?i)(?:\s+|,\s*)(?:for\s+(?:reporting|finding|discovering|responsibly|disclosing|the|their|his|her|this|identifying|notifying|bringing|privately|working)|who|found|discovered|reported|identified|disclosed|during|as part of|through (?:our|the|their)|via (?:our|the|their)|in (?:cooperation|coordination))\b.*$`)
	leadInZH = regexp.MustCompile(`^.*?(?:漏洞发现者|发现者|报告者|提交者|报送者|贡献者|致谢|鸣谢|感谢|由|来自)[\s:]*`)
	tailZH   = regexp.MustCompile(`(?:首先|率先|独立|共同|联合)*(?:发现|报告|报送|提交|上报|披露|通报)(?:(?:并|、|和)(?:报告|报送|提交|上报|披露|通报))*(?:了|该|本|此|的|给|至|问题|漏洞|缺陷|安全|，|,).*$|(?:首先|率先|独立|共同|联合)*(?:发现|报告|报送|提交|上报|披露)(?:(?:并|、|和)(?:报告|报送|提交|上报|披露))*$`)
	joints   = regexp.MustCompile(`(?i)\s*[,、+]\s*|\s+(?:and|und|et)\s+|\s+&\s+|\s*(?:以及|及其|与|和|及)\s*`)
	brackets = regexp.MustCompile(`[(\[{<]([^()\[\]{}<>]{1,200})[)\]}>]`)
	channels = regexp.MustCompile(`(?i)\s+(?:working\s+(?:together\s+)?with|in collaboration with|in cooperation with|together with|via|through)\s+`)
	within   = regexp.MustCompile(`(?i)\s+(?:of|from|at|with|for|w/|working\s+(?:for|at)|on behalf of|within|in|aka|a\.k\.a\.)\s+|\s*@\s*|\s+[-–—/]+\s+|\s*[/:_]\s*|\s*[-–—]{2,}\s*`)
	owner    = regexp.MustCompile(`(?i)(?:'s|s')\s+`)
)

// parties reads a credit's free text. It over-reads on purpose: a stretch that means nobody is compared in vain.
func parties(text string) (out []party) {
	if rs := []rune(text); len(rs) > maxCredit {
		text = string(rs[:maxCredit])
	}
	text = norm.NFKC.String(strings.ToValidUTF8(text, " "))
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Cf, r):
			return -1
		case r == '’' || r == '‘' || r == '`':
			return '\''
		case unicode.IsSpace(r) && r != '\n':
			return ' '
		}
		return r
	}, text)
	seen := map[party]bool{}
	add := func(p party) {
		p.text = strings.Trim(p.text, " .,:;'\"-–—_*!?@&/()[]<>{}“”\n")
		p.text = strings.TrimPrefix(p.text, "the ")
		if p.text != "" && !seen[p] && len(out) < 200 {
			seen[p] = true
			out = append(out, p)
		}
	}
	text = link.ReplaceAllString(text, "$1, $2 ,")
	for _, m := range email.FindAllStringSubmatch(text, 20) {
		add(party{text: strings.ToLower(m[1]), as: address})
	}
	text = email.ReplaceAllString(text, " , ")
	for _, m := range page.FindAllStringSubmatch(text, 20) {
		add(party{text: strings.ToLower(m[1]), as: address})
	}
	text = page.ReplaceAllString(text, " , ")
	text = legal.ReplaceAllString(text, " $1")
	for _, clause := range clauses.Split(text, 50) {
		for _, c := range cut(clause) {
			add(party{text: c})
			for _, piece := range joints.Split(c, 100) {
				for _, p := range split(piece) {
					add(p)
				}
			}
		}
	}
	return out
}

// cut takes away what is said around the names: who thanks them, and for what.
func cut(clause string) (out []string) {
	clause = strings.TrimSpace(clause)
	inner := strings.TrimSpace(leadIn.ReplaceAllString(clause, ""))
	if inner == "" {
		inner = clause
	}
	c := tail.ReplaceAllString(inner, "") // who thanks is not who is thanked
	if hanIn(c) {
		c = tailZH.ReplaceAllString(c, "")
		if x := leadInZH.ReplaceAllString(c, ""); x != c && x != "" {
			out = append(out, x)
		}
	}
	if c = strings.TrimSpace(c); c != "" {
		out = append(out, c)
	}
	return out
}

func hanIn(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Han, r) })
}

// split takes one name, with what stands around it, apart.
func split(piece string) (out []party) {
	var channel string
	if at := channels.FindStringIndex(piece); at != nil {
		piece, channel = piece[:at[0]], piece[at[1]:]
	}
	for text, isChannel := range map[string]bool{piece: false, channel: true} {
		if text == "" {
			continue
		}
		for _, m := range brackets.FindAllStringSubmatch(text, 10) {
			for _, x := range within.Split(m[1], 10) {
				out = append(out, party{text: x, channel: isChannel})
			}
			out = append(out, party{text: m[1], channel: isChannel})
		}
		bare := brackets.ReplaceAllString(text, " ")
		parts := within.Split(bare, 20)
		for i, x := range parts {
			out = append(out, party{text: x, channel: isChannel})
			for _, y := range owner.Split(x, 5) {
				out = append(out, party{text: y, channel: isChannel})
			}
			if hanIn(x) {
				for _, y := range strings.FieldsFunc(x, func(r rune) bool { return r == ' ' || r == '的' || r == '-' || r == '·' }) {
					out = append(out, party{text: y, channel: isChannel})
				}
			}
			if i > 0 && i+1 < len(parts) { // "… of Beacon of the North": a name with a preposition inside
				out = append(out, party{text: strings.Join(parts[i:], " "), channel: isChannel})
			}
		}
		out = append(out, party{text: bare, channel: isChannel})
	}
	slices.SortStableFunc(out, func(a, b party) int { return strings.Compare(a.text, b.text) })
	return out
}
