// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package api_test

import "strings"

func (w *walk) destinations() {
	if a := w.do(rq{op: "list-destinations", as: "engineer"}); a.text("items.0.id") != "email" || a.text("items.0.told.mandatory") != "now" || a.text("pace.zone") != "Asia/Shanghai" {
		w.Errorf("destinations: %s", a.raw)
	}
	w.do(rq{op: "list-destinations", as: "operator", want: 403})
	w.do(rq{op: "add-destination", as: "engineer", want: 422, body: object{"channel": "webhook", "address": "http://soc.cloud.example/in"}})
	hook := w.do(rq{op: "add-destination", as: "engineer", want: 201, body: object{"channel": "webhook", "address": "https://soc.cloud.example/in", "types": []string{"warning.released"}}})
	if !strings.HasPrefix(hook.text("secret"), "whsec_") || hook.text("health.state") != "waiting" {
		w.Errorf("new webhook: %s", hook.raw)
	}
	path := []string{hook.text("id")}
	if a := w.do(rq{op: "rotate-destination", as: "engineer", path: path}); a.text("secret") == hook.text("secret") || a.text("former_secret_until") == "" {
		w.Errorf("rotated: %s", a.raw)
	}
	if a := w.do(rq{op: "rotate-destination", as: "engineer", path: []string{"webhook"}}); !strings.HasPrefix(a.text("secret"), "whsec_") || a.text("former_secret_until") == "" {
		w.Errorf("main webhook rotated: %s", a.raw)
	}
	w.do(rq{op: "rotate-destination", as: "engineer", path: []string{"email"}, want: 404})
	w.do(rq{op: "test-destination", as: "engineer", path: []string{"email"}})
	w.do(rq{op: "test-destination", as: "engineer", path: []string{"none"}, want: 404})
	if a := w.do(rq{op: "change-destination", as: "engineer", path: path, body: object{"address": "https://soc.cloud.example/in", "label": "SOC", "paused": true}}); a.text("label") != "SOC" || a.text("secret") != "" {
		w.Errorf("changed: %s", a.raw)
	}
	prefs := object{"choices": []object{{"target": "email", "class": "digest", "how": "hourly"}}, "pace": object{"zone": "Europe/Berlin", "quiet": true, "from": "22:00", "until": "06:30", "daily": "08:00", "per_hour": 5}}
	if a := w.do(rq{op: "choose-destinations", as: "engineer", body: prefs}); a.text("items.0.told.digest") != "hourly" || a.text("pace.until") != "06:30" {
		w.Errorf("chosen: %s", a.raw)
	}
	none := func(target string) object {
		return object{"choices": []object{{"target": target, "class": "mandatory", "how": "none"}}}
	}
	w.do(rq{op: "choose-destinations", as: "engineer", body: none("email")}) // the main webhook takes it
	w.do(rq{op: "choose-destinations", as: "engineer", want: 409, body: none("webhook")})
	w.do(rq{op: "choose-destinations", as: "engineer", want: 422, body: object{"pace": object{"zone": "Mars/Olympus", "quiet": false, "from": "", "until": "", "daily": "", "per_hour": 5}}})
	w.do(rq{op: "remove-destination", as: "engineer", path: path, want: 204})
	w.do(rq{op: "remove-destination", as: "engineer", path: path, want: 404})
	w.do(rq{op: "list-unreached", as: "supervisor"})
	w.do(rq{op: "list-unreached", as: "engineer", want: 403})
}
