// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/fengsui/fengsui/internal/db"
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
	evidenceDesc   = prometheus.NewDesc("fengsui_evidence_pending", "Evidence entries not yet in the tree.", nil, nil)
)

// Describe implements prometheus.Collector.
func (waiting) Describe(ch chan<- *prometheus.Desc) {
	ch <- jobsDesc
	ch <- deliveriesDesc
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
		rows, err := tx.Query(ctx, `SELECT state, count(*) FROM delivery GROUP BY state`)
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
		n, err := db.Get(ctx, tx, db.Value[float64], `SELECT count(*) FROM evidence WHERE seq IS NULL`)
		ch <- prometheus.MustNewConstMetric(evidenceDesc, prometheus.GaugeValue, n)
		return err
	})
	if err != nil {
		w.s.Log.Warn("metrics are incomplete", "component", "metrics", "error", err)
	}
}
