// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/BurntSushi/toml"

	"github.com/fengsui/fengsui/internal/channel/sms"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/spec/lawpack"
	"github.com/fengsui/fengsui/internal/vuln"
	"github.com/fengsui/fengsui/internal/warning"
	"github.com/fengsui/fengsui/internal/witness"
)

// Config is everything an operator can set: a TOML file, overridden by environment variables FENGSUI_<KEY> (upper
// case, "." as "_"). Unknown keys of the file are refused. Every field has a usable default.
type Config struct {
	Listen        string     `toml:"listen"`         // address of the web and API listener; default 127.0.0.1:8080
	MetricsListen string     `toml:"metrics_listen"` // address of /metrics; "" serves none; default 127.0.0.1:9090
	Data          string     `toml:"data"`           // directory of the SQLite file, keys and blobs; default ./data
	Database      string     `toml:"database"`       // postgres:// URL; "" means SQLite in Data
	BaseURL       string     `toml:"base_url"`       // how the world reaches this platform; default http://LISTEN
	Origin        string     `toml:"origin"`         // name of the evidence log, never to be changed; default "fengsui.local/log"
	Prefix        string     `toml:"prefix"`         // of all numbers; default FS
	Witnesses     []string   `toml:"witnesses"`      // who vouches for the evidence log: "https://witness.example.org name+hash+key", or the key of one that comes by itself
	Exercise      string     `toml:"exercise"`       // name of the exercise that this platform is, which marks all it shows and sends; "" for a real one
	Publisher     Publisher  `toml:"publisher"`      // who runs the platform, as named in advisories
	Mail          Mail       `toml:"mail"`           // how e-mail leaves
	Webhook       Webhook    `toml:"webhook"`        // how webhooks leave
	SMS           SMS        `toml:"sms"`            // how short messages leave
	Log           Log        `toml:"log"`            // what is logged
	Jobs          Jobs       `toml:"jobs"`           // background work
	Delivery      Delivery   `toml:"delivery"`       // how fast messages leave
	Compliance    Compliance `toml:"compliance"`     // who decides about members
	Credit        Credit     `toml:"credit"`         // what public records say of members
	Warnings      Warnings   `toml:"warnings"`       // what units see of each other
	LawPacks      LawPacks   `toml:"law_packs"`      // whose law packs are taken
	Import        []Import   `toml:"import"`         // where publicly known vulnerabilities are taken from again and again; only in the file
}

// Publisher names the body that runs the platform.
type Publisher struct {
	NameZH    string `toml:"name_zh"`   // default 烽燧示范平台
	NameEN    string `toml:"name_en"`   // default Fengsui Demonstration Platform
	Namespace string `toml:"namespace"` // URL that stands for it in CSAF; default BaseURL
	Contact   string `toml:"contact"`   // e-mail; default security@fengsui.example
	Phone     string `toml:"phone"`     // duty phone, printed on warnings; default 010-0000-0000
	Territory string `toml:"territory"` // province, when a provincial authority runs the platform, as members' regions are written; "" for the central one
}

// Mail is the way to an SMTP server.
type Mail struct {
	Addr     string `toml:"addr"`     // host:port; "" sends no mail: deliveries wait and say so
	From     string `toml:"from"`     // sender; default noreply@fengsui.example
	User     string `toml:"user"`     // "" means no authentication
	Password string `toml:"password"` // secret
	TLS      string `toml:"tls"`      // "starttls" (default), "implicit", or "none" for a server on this machine

	Certificate string `toml:"certificate"`  // file with the sender's S/MIME certificate and the intermediate one, PEM; "" signs no mail
	Key         string `toml:"key"`          // file with its private key, PEM
	ReplyDomain string `toml:"reply_domain"` // mails of warnings are answered to answer+TOKEN at this domain, whose gateway hands them in; "" takes none
	ReplySecret string `toml:"reply_secret"` // of that gateway, 32 characters or more; secret
	OpenPGP     string `toml:"openpgp"`      // file with the sender's OpenPGP private key in ASCII armour, without a passphrase; "" signs none with it
}

// SMS is an HTTP gateway for short messages, described by templates (docs/channels.md).
type SMS struct {
	URL           string `toml:"url"`           // "" sends none; {{.Phone}}, {{.Text}}, {{.Link}} and {{.ID}} stand for what is sent
	Method        string `toml:"method"`        // default POST
	ContentType   string `toml:"content_type"`  // default application/json
	Authorization string `toml:"authorization"` // header; secret
	Secret        string `toml:"secret"`        // {{.Secret}} of the templates; secret
	Body          string `toml:"body"`          // such as {"to":{{json .Phone}},"text":{{json .Text}}}
	Accepts       string `toml:"accepts"`       // regular expression that the answer to an accepted message matches; "": any answer 2xx
}

// Webhook bounds where webhooks may go.
type Webhook struct {
	AllowPrivate bool `toml:"allow_private"` // http and private addresses: for tests and closed networks
}

// Log chooses what is logged.
type Log struct {
	Level  string `toml:"level"`  // debug, info (default), warn, error
	Format string `toml:"format"` // text (default) or json
}

// Jobs bounds background work.
type Jobs struct {
	Workers     int           `toml:"workers"`      // at the same time on this node; default 8
	RescueAfter time.Duration `toml:"rescue_after"` // when a dead node's jobs and deliveries are taken over; default 3m
}

// Delivery bounds how fast a node sends. A destination is a host that webhooks go to, or a mail domain.
type Delivery struct {
	Parallel       int     `toml:"parallel"`        // messages under way at once; default 256
	PerDestination int     `toml:"per_destination"` // of them to one destination; default 64
	Rate           float64 `toml:"rate"`            // messages a second to one destination, of each node; default 0: as many as it takes
}

// Compliance says who decides about members.
type Compliance struct {
	OfficersSign bool `toml:"officers_sign"` // duty officers, too, may give a decision its second signature; default true
}

// LawPacks says whose law packs are taken from outside.
type LawPacks struct {
	TrustedKeys []string `toml:"trusted_keys"` // verifier keys "name+hash+key", as 'fengsui duty packs keygen' prints them; none: no pack is taken
}

// Import is a place from which publicly known vulnerabilities are taken again and again.
type Import struct {
	Kind   string        `toml:"kind"`   // osv, cve, csaf, kev or epss
	Source string        `toml:"source"` // path or https URL; of a CSAF provider its provider-metadata.json
	Every  time.Duration `toml:"every"`  // 1m or more
}

// Credit says where public records come from, and what follows from them.
type Credit struct {
	Directory string `toml:"directory"` // watched for records in CVE JSON 5, OSV and CSAF, and archives of them; "" watches none
	Auto      bool   `toml:"auto"`      // a record that names a member beyond doubt opens the inquiry by itself; default true
}

// Warnings says what units see of each other.
type Warnings struct {
	PeersMin int `toml:"peers_min"` // how many units a figure that peers see stands for at least, 3 or more; default 5
}

// secondSigners are the roles that may give the second signature beside supervisors.
func (c Config) secondSigners() []member.Role {
	if c.Compliance.OfficersSign {
		return []member.Role{member.DutyOfficer}
	}
	return nil
}

// Defaults returns the configuration of a platform nobody has configured.
func Defaults() Config {
	return Config{
		Listen: "127.0.0.1:8080", MetricsListen: "127.0.0.1:9090", Data: "data", Origin: "fengsui.local/log", Prefix: "FS",
		Publisher:  Publisher{NameZH: "烽燧示范平台", NameEN: "Fengsui Demonstration Platform", Contact: "security@fengsui.example", Phone: "010-0000-0000"},
		Mail:       Mail{From: "noreply@fengsui.example", TLS: "starttls"},
		SMS:        SMS{Method: "POST", ContentType: "application/json"},
		Log:        Log{Level: "info", Format: "text"},
		Jobs:       Jobs{Workers: 8, RescueAfter: 3 * time.Minute},
		Delivery:   Delivery{Parallel: 256, PerDestination: 64},
		Compliance: Compliance{OfficersSign: true},
		Credit:     Credit{Auto: true},
		Warnings:   Warnings{PeersMin: warning.DefaultPeers},
	}
}

// LoadConfig reads file (or, when it is "", ./fengsui.toml if that exists) and the environment over the defaults.
func LoadConfig(file string, getenv func(string) string) (Config, error) {
	c := Defaults()
	optional := file == ""
	if optional {
		file = "fengsui.toml"
	}
	meta, err := toml.DecodeFile(file, &c)
	if err != nil && !(optional && errors.Is(err, os.ErrNotExist)) {
		return c, fmt.Errorf("configuration %s: %w", file, err)
	}
	if extra := meta.Undecoded(); len(extra) > 0 {
		return c, fmt.Errorf("configuration %s: unknown key %q; 'fengsui config' prints the known ones", file, extra[0].String())
	}
	if err := fromEnv(reflect.ValueOf(&c).Elem(), "FENGSUI", getenv); err != nil {
		return c, err
	}
	return c, nil
}

// fromEnv sets the fields for which a variable is set.
func fromEnv(v reflect.Value, prefix string, getenv func(string) string) error {
	for i := range v.NumField() {
		name := prefix + "_" + strings.ToUpper(v.Type().Field(i).Tag.Get("toml"))
		f := v.Field(i)
		if f.Kind() == reflect.Struct {
			if err := fromEnv(f, name, getenv); err != nil {
				return err
			}
			continue
		}
		s := getenv(name)
		if s == "" {
			continue
		}
		if err := setField(f, s); err != nil {
			return fmt.Errorf("environment %s: %w", name, err)
		}
	}
	return nil
}

func setField(f reflect.Value, s string) error {
	switch f.Interface().(type) {
	case string:
		f.SetString(s)
	case bool:
		b, err := strconv.ParseBool(s)
		if err != nil {
			return fmt.Errorf("%q is not true or false", s)
		}
		f.SetBool(b)
	case []string:
		f.Set(reflect.ValueOf(strings.Fields(s))) // separated by blanks
	case int:
		n, err := strconv.Atoi(s)
		if err != nil {
			return fmt.Errorf("%q is not a whole number", s)
		}
		f.SetInt(int64(n))
	case float64:
		x, err := strconv.ParseFloat(s, 64)
		if err != nil {
			return fmt.Errorf("%q is not a number", s)
		}
		f.SetFloat(x)
	case time.Duration:
		d, err := time.ParseDuration(s)
		if err != nil {
			return fmt.Errorf("%q is not a duration such as 90s or 3m", s)
		}
		f.SetInt(int64(d))
	}
	return nil
}

// Validate says which key is wrong, and what would be right.
func (c Config) Validate() error {
	var errs []error
	bad := func(ok bool, key, rule string) {
		if !ok {
			errs = append(errs, fmt.Errorf("configuration %s: %s", key, rule))
		}
	}
	bad(c.Listen != "", "listen", "an address such as 127.0.0.1:8080")
	bad(c.Data != "", "data", "a directory")
	bad(c.Database == "" || strings.HasPrefix(c.Database, "postgres://") || strings.HasPrefix(c.Database, "postgresql://"), "database", "empty, or a URL that begins with postgres://")
	u, err := url.Parse(c.BaseURL)
	bad(c.BaseURL == "" || err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "", "base_url", "a URL such as https://share.example.org")
	bad(c.Origin != "" && !strings.ContainsAny(c.Origin, " +\n"), "origin", "a name without blanks and plus signs, such as share.example.org/log")
	bad(c.Prefix != "" && strings.ToUpper(c.Prefix) == c.Prefix && !strings.ContainsAny(c.Prefix, "- /"), "prefix", "capital letters such as FS")
	bad(c.Mail.TLS == "starttls" || c.Mail.TLS == "implicit" || c.Mail.TLS == "none", "mail.tls", "starttls, implicit or none")
	bad((c.Mail.ReplyDomain == "") == (c.Mail.ReplySecret == "") && (c.Mail.ReplySecret == "" || len(c.Mail.ReplySecret) >= 32) && len(c.Mail.ReplyDomain) <= 190 && !strings.ContainsAny(c.Mail.ReplyDomain, "@ \t\r\n"), "mail.reply_domain", "a domain, together with mail.reply_secret of 32 characters or more")
	bad((c.Mail.Certificate == "") == (c.Mail.Key == ""), "mail.certificate", "a file, together with mail.key")
	if _, err := sms.New(sms.Settings(c.SMS)); err != nil {
		bad(false, "sms", err.Error())
	}
	bad(c.Log.Format == "text" || c.Log.Format == "json", "log.format", "text or json")
	bad(c.Jobs.Workers > 0, "jobs.workers", "1 or more")
	bad(c.Jobs.RescueAfter > 0, "jobs.rescue_after", "a duration such as 3m")
	bad(c.Delivery.Parallel >= 1 && c.Delivery.Parallel <= 4096, "delivery.parallel", "a whole number from 1 to 4096")
	bad(c.Delivery.PerDestination >= 1 && c.Delivery.PerDestination <= c.Delivery.Parallel, "delivery.per_destination", "a whole number from 1 to delivery.parallel")
	bad(c.Delivery.Rate >= 0 && c.Delivery.Rate <= 1e6, "delivery.rate", "messages a second such as 20 or 0.5, or 0 for as many as a destination takes")
	bad(c.Warnings.PeersMin >= 3 && c.Warnings.PeersMin <= 1000, "warnings.peers_min", "a whole number from 3 to 1000")
	for i, x := range c.Import {
		key := fmt.Sprintf("import[%d]", i)
		bad(slices.Contains(vuln.Kinds, x.Kind), key+".kind", "one of "+strings.Join(vuln.Kinds, ", "))
		bad(x.Source != "", key+".source", "a path or an https URL")
		bad(x.Every >= time.Minute, key+".every", "a duration of at least a minute, such as 6h")
	}
	if _, err := witness.Parse(c.Witnesses...); err != nil {
		bad(false, "witnesses", err.Error())
	}
	if _, err := lawpack.ParseKeys(c.LawPacks.TrustedKeys...); err != nil {
		bad(false, "law_packs.trusted_keys", err.Error())
	}
	return errors.Join(errs...)
}

// DatabaseURL is what db.Open takes.
func (c Config) DatabaseURL() string {
	if c.Database != "" {
		return c.Database
	}
	return filepath.Join(c.Data, "fengsui.db")
}

// Print writes the effective configuration as TOML, with secrets struck out.
func (c Config) Print(w io.Writer) error {
	if c.Mail.Password != "" {
		c.Mail.Password = "(set)"
	}
	if c.Mail.ReplySecret != "" {
		c.Mail.ReplySecret = "(set)"
	}
	if c.SMS.Authorization != "" {
		c.SMS.Authorization = "(set)"
	}
	if c.SMS.Secret != "" {
		c.SMS.Secret = "(set)"
	}
	if u, err := url.Parse(c.Database); err == nil && c.Database != "" {
		c.Database = u.Redacted()
	}
	return toml.NewEncoder(w).Encode(c)
}
