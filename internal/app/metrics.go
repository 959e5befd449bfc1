// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"cmp"
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/delivery"
)

var (
	requestSeconds = prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "fengsui_request_seconds", Help: "Time to answer a request, by route and class of status.",
		Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 5}}, []string{"route", "status"})
	jobSeconds = prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "fengsui_job_seconds", Help: "Time of one step of the flow, by outcome.", Buckets: prometheus.DefBuckets}, []string{"outcome"})
)

// metrics serves Prometheus' format: requests, steps, and what waits.
func (s *Services) metrics() http.Handler {
	r := prometheus.NewRegistry()
	r.MustRegister(requestSeconds, jobSeconds, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), waiting{s})
	return promhttp.HandlerFor(r, promhttp.HandlerOpts{})
}

// waiting asks the database, when it is scraped, what waits.
type waiting struct{ s *Services }

var (
	jobsDesc       = prometheus.NewDesc("fengsui_jobs", "Steps by state.", []string{"state"}, nil)
	deliveriesDesc = prometheus.NewDesc("fengsui_deliveries", "Deliveries by state.", []string{"state"}, nil)
	waitingDesc    = prometheus.NewDesc("fengsui_deliveries_waiting", "Deliveries that wait, by channel; tried says whether they have been.", []string{"channel", "tried"}, nil)
	oldestDesc     = prometheus.NewDesc("fengsui_deliveries_oldest_seconds", "Age of the oldest delivery that waits, by channel.", []string{"channel"}, nil)
	channelDesc    = prometheus.NewDesc("fengsui_channel_ready", "1 when the channel can send, 0 when it lacks a setting.", []string{"channel"}, nil)
	aloneDesc      = prometheus.NewDesc("fengsui_destinations_left_alone", "Destinations that do not answer and are left alone for a while, by channel.", []string{"channel"}, nil)
	downDesc       = prometheus.NewDesc("fengsui_channel_down", "1 while nothing of the channel gets through, because the platform's own way out is gone.", []string{"channel"}, nil)
	reasonDesc     = prometheus.NewDesc("fengsui_deliveries_waiting_reason", "Deliveries that wait for a reason that is known, by channel and reason.", []string{"channel", "reason"}, nil)
	keyDesc        = prometheus.NewDesc("fengsui_signing_key_ends_seconds", "Seconds until a key or certificate ends that signs what leaves, by channel and kind; 0 when it has. Shown from 30 days before.", []string{"channel", "kind"}, nil)
	evidenceDesc   = prometheus.NewDesc("fengsui_evidence_pending", "Evidence entries not yet in the tree.", nil, nil)
)

// Describe implements prometheus.Collector.
func (waiting) Describe(ch chan<- *prometheus.Desc) {
	ch <- jobsDesc
	ch <- deliveriesDesc
	ch <- waitingDesc
	ch <- oldestDesc
	ch <- channelDesc
	ch <- aloneDesc
	ch <- downDesc
	ch <- reasonDesc
	ch <- keyDesc
	ch <- evidenceDesc
}

// Collect implements prometheus.Collector.
func (w waiting) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if c, err := w.s.Jobs.Counts(ctx); err == nil {
		for state, n := range map[string]int64{"waiting": c.Waiting, "running": c.Running, "given-up": c.GivenUp} {
			ch <- prometheus.MustNewConstMetric(jobsDesc, prometheus.GaugeValue, float64(n), state)
		}
	}
	err := w.s.DB.View(ctx, func(tx *db.Tx) error {
		rows, err := tx.Query(ctx, `SELECT state, CAST(sum(n) AS BIGINT) FROM (SELECT state, count(*) AS n FROM delivery GROUP BY state UNION ALL SELECT state, sum(waiting) FROM delivery_batch GROUP BY state) x GROUP BY state`)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var state string
			var n float64
			if err := rows.Scan(&state, &n); err != nil {
				return err
			}
			ch <- prometheus.MustNewConstMetric(deliveriesDesc, prometheus.GaugeValue, n, state)
		}
		if err := rows.Err(); err != nil {
			return err
		}
		if err := w.outbox(ctx, tx, ch); err != nil {
			return err
		}
		n, err := db.Get(ctx, tx, db.Value[float64], `SELECT count(*) FROM evidence WHERE seq IS NULL`)
		ch <- prometheus.MustNewConstMetric(evidenceDesc, prometheus.GaugeValue, n)
		return err
	})
	if err != nil {
		w.s.Log.Warn("metrics are incomplete", "component", "metrics", "error", err)
	}
}

// outbox says what waits in each channel.
func (w waiting) outbox(ctx context.Context, tx *db.Tx, ch chan<- prometheus.Metric) error {
	lines, err := w.s.Sender.Lines(ctx, tx)
	if err != nil {
		return err
	}
	for _, l := range lines {
		ready, age := 1.0, 0.0
		if l.NotReady != "" {
			ready = 0
		}
		if !l.Oldest.IsZero() {
			age = max(tx.Now.Sub(l.Oldest).Seconds(), 0)
		}
		ch <- prometheus.MustNewConstMetric(channelDesc, prometheus.GaugeValue, ready, l.Channel)
		ch <- prometheus.MustNewConstMetric(oldestDesc, prometheus.GaugeValue, age, l.Channel)
		ch <- prometheus.MustNewConstMetric(waitingDesc, prometheus.GaugeValue, float64(l.First), l.Channel, "no")
		ch <- prometheus.MustNewConstMetric(waitingDesc, prometheus.GaugeValue, float64(l.Again), l.Channel, "yes")
	}
	for _, k := range w.s.Sender.EndingKeys(tx.Now) {
		ch <- prometheus.MustNewConstMetric(keyDesc, prometheus.GaugeValue, max(k.Ends.Sub(tx.Now).Seconds(), 0), k.Channel, k.Kind)
	}
	alone, _, err := delivery.Lanes(ctx, tx)
	if err != nil {
		return err
	}
	hosts, down := map[string]int{}, map[string]int{}
	for _, l := range lines {
		hosts[l.Channel], down[l.Channel] = 0, 0
	}
	for _, l := range alone {
		if channel, _, host := strings.Cut(l.Name, "/"); host {
			hosts[channel]++
		} else {
			down[channel] = 1
		}
	}
	for channel := range hosts {
		ch <- prometheus.MustNewConstMetric(aloneDesc, prometheus.GaugeValue, float64(hosts[channel]), channel)
		ch <- prometheus.MustNewConstMetric(downDesc, prometheus.GaugeValue, float64(down[channel]), channel)
	}
	waits, err := delivery.Waits(ctx, tx)
	why := map[[2]string]int64{}
	for _, w := range waits {
		why[[2]string{w.Channel, string(cmp.Or(w.Why.Code, delivery.Unknown))}] += w.N
	}
	for k, n := range why {
		ch <- prometheus.MustNewConstMetric(reasonDesc, prometheus.GaugeValue, float64(n), k[0], k[1])
	}
	return err
}
