// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package robot

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/fengsui/fengsui/internal/delivery"
)

// object is a JSON object.
type object = map[string]any

// platforms by the names of their channels.
var platforms = map[string]platform{
	delivery.DingTalk: {dingTalk, coded("errcode", []int64{300001, 400013, 400101, 400102}, []int64{130101}), nil},
	delivery.WeCom:    {weCom, coded("errcode", []int64{93000, 93004, 93008}, []int64{45009}), nil},
	delivery.Feishu:   {feishu, coded("code", []int64{19001}, []int64{11232}), nil},
	delivery.Slack:    {slack, says("ok"), []int{http.StatusForbidden, http.StatusNotFound, http.StatusGone}},
	delivery.Teams:    {teams, teamsTook, []int{http.StatusNotFound, http.StatusGone}},
}

// dingTalk signs the address: timestamp in milliseconds, and HMAC-SHA256 of "timestamp\nsecret" with the secret.
func dingTalk(address string, secret []byte, at time.Time, text, link string) (string, any, error) {
	if len(secret) > 0 {
		u, err := url.Parse(address)
		if err != nil {
			return "", nil, delivery.Reason{Code: delivery.BadAddress}
		}
		stamp := strconv.FormatInt(at.UnixMilli(), 10)
		q := u.Query()
		q.Set("timestamp", stamp)
		q.Set("sign", mac(secret, stamp+"\n"+string(secret)))
		u.RawQuery = q.Encode()
		address = u.String()
	}
	return address, object{"msgtype": "text", "text": object{"content": text + "\n" + link}}, nil
}

// weCom signs nothing: the key in the address is the secret.
func weCom(address string, _ []byte, _ time.Time, text, link string) (string, any, error) {
	return address, object{"msgtype": "text", "text": object{"content": text + "\n" + link}}, nil
}

// feishu signs in the body: timestamp in seconds, and HMAC-SHA256 of nothing with "timestamp\nsecret" as the key.
func feishu(address string, secret []byte, at time.Time, text, link string) (string, any, error) {
	body := object{"msg_type": "text", "content": object{"text": text + "\n" + link}}
	if len(secret) > 0 {
		stamp := strconv.FormatInt(at.Unix(), 10)
		body["timestamp"], body["sign"] = stamp, mac([]byte(stamp+"\n"+string(secret)), "")
	}
	return address, body, nil
}

// slack reads "&", "<" and ">" as signs of its own.
func slack(address string, _ []byte, _ time.Time, text, link string) (string, any, error) {
	return address, object{"text": strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(text) + "\n" + link}, nil
}

// teams takes an Adaptive Card, by a workflow or by a connector of the older kind. Signs of Markdown are taken out of its
// force.
func teams(address string, _ []byte, _ time.Time, text, link string) (string, any, error) {
	text = strings.NewReplacer("*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`).Replace(text)
	return address, object{"type": "message", "attachments": []any{object{
		"contentType": "application/vnd.microsoft.card.adaptive",
		"content": object{
			"$schema": "http://adaptivecards.io/schemas/adaptive-card.json", "type": "AdaptiveCard", "version": "1.2",
			"body":    []any{object{"type": "TextBlock", "text": text, "wrap": true, "weight": "Bolder"}, object{"type": "TextBlock", "text": link, "wrap": true}},
			"actions": []any{object{"type": "Action.OpenUrl", "title": "查看 / Open", "url": link}},
		},
	}}}, nil
}

func mac(key []byte, text string) string {
	m := hmac.New(sha256.New, key)
	m.Write([]byte(text))
	return base64.StdEncoding.EncodeToString(m.Sum(nil))
}

// coded judges answers that hold a code, 0 for success. Codes of gone say that the robot is there no more, codes of busy
// that it is asked too often.
func coded(field string, gone, busy []int64) func(int, []byte) error {
	return func(status int, answer []byte) error {
		var got map[string]json.RawMessage
		var code int64
		if json.Unmarshal(answer, &got) != nil || got[field] == nil || json.Unmarshal(got[field], &code) != nil {
			return delivery.Reason{Code: delivery.Unclear, Status: status}
		}
		err := delivery.Reason{Code: delivery.RobotSaid, Status: status, Own: code}
		switch {
		case code == 0:
			return nil
		case slices.Contains(gone, code):
			err.Code = delivery.RobotGone
			return delivery.Permanent{Err: err}
		case slices.Contains(busy, code):
			return delivery.Later{Err: err, After: slowly}
		}
		return err
	}
}

// says judges answers that are one word.
func says(word string) func(int, []byte) error {
	return func(status int, answer []byte) error {
		if string(bytes.TrimSpace(answer)) == word {
			return nil
		}
		return delivery.Reason{Code: delivery.Unclear, Status: status}
	}
}

// teamsTook: a workflow answers 202 when it has the message; a connector of the older kind answers 200 with "1", and with
// 200, too, that it was not delivered.
func teamsTook(status int, answer []byte) error {
	if status == http.StatusAccepted || string(bytes.TrimSpace(answer)) == "1" {
		return nil
	}
	err := delivery.Reason{Code: delivery.Unclear, Status: status}
	if bytes.Contains(answer, []byte("429")) {
		err.Code = delivery.Busy
		return delivery.Later{Err: err, After: slowly}
	}
	return err
}
