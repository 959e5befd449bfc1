// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"strconv"

	"github.com/fengsui/fengsui/internal/api"
	"github.com/fengsui/fengsui/internal/evaluation"
)

type evaluationCmd struct {
	List    evaluationListCmd    `cmd:"" help:"Yearly evaluations of your organisation; for supervisors, all."`
	Show    evaluationShowCmd    `cmd:"" help:"One evaluation, with every row that it rests on."`
	Object  evaluationObjectCmd  `cmd:"" help:"Object to a row or a criterion."`
	Draft   evaluationDraftCmd   `cmd:"" help:"Draft the evaluations of all partner units for a year."`
	Answer  evaluationAnswerCmd  `cmd:"" help:"Answer an objection."`
	Propose evaluationProposeCmd `cmd:"" help:"Propose a level, as the first of two persons."`
	Sign    evaluationSignCmd    `cmd:"" help:"Sign the proposed level as the second person."`
	Lint    evaluationLintCmd    `cmd:"" help:"Check a scheme of weights, and run its tests; needs no platform."`
}

func levelWord(n int) string {
	if n == 0 {
		return "none"
	}
	return strconv.Itoa(n)
}

type evaluationListCmd struct {
	Year int `help:"Of this year alone."`
}

// Help is the example.
func (evaluationListCmd) Help() string { return "Example:\n  fengsui evaluation list --year 2021" }

// Run lists.
func (a *evaluationListCmd) Run(ctx context.Context, c *client) error {
	var out items[api.Evaluation]
	if err := c.call(ctx, "GET", fmt.Sprintf("/evaluations?year=%d", a.Year), nil, &out); err != nil {
		return err
	}
	return c.print(out, func(w io.Writer) {
		var rows [][]string
		for _, e := range out.Items {
			rows = append(rows, []string{e.Number, strconv.Itoa(e.Year), e.Score, levelWord(e.Before), levelWord(e.Result.Level), string(e.State), e.WaitsFor, when(e.WaitsUntil), e.ID})
		}
		table(w, "NUMBER | YEAR | SCORE | LEVEL BEFORE | LEVEL BY SCORE | STATE | WAITS FOR | UNTIL | ID", rows)
	})
}

type evaluationShowCmd struct {
	ID   string `arg:"" help:"Id of the evaluation."`
	Anew bool   `help:"Compute the score anew from the records, and say whether it is the same."`
}

// Help is the example.
func (evaluationShowCmd) Help() string { return "Example:\n  fengsui evaluation show 0197… --anew" }

// Run shows.
func (a *evaluationShowCmd) Run(ctx context.Context, c *client) error {
	var e api.Evaluation
	if err := c.call(ctx, "GET", "/evaluations/"+url.PathEscape(a.ID), nil, &e); err != nil {
		return err
	}
	var anew *evaluation.Result
	if a.Anew {
		anew = new(evaluation.Result)
		if err := c.call(ctx, "GET", "/evaluations/"+url.PathEscape(a.ID)+"/recomputed", nil, anew); err != nil {
			return err
		}
	}
	err := c.print(e, func(w io.Writer) {
		fmt.Fprintf(w, "%s  %d  score %s  level by score %s  %s\n", e.Number, e.Year, e.Score, levelWord(e.Result.Level), e.State)
		for _, l := range e.Result.Lines {
			earned := l.Earned.String() + " of " + l.Points.String()
			if !l.Applies {
				earned = "does not apply"
			}
			fmt.Fprintf(w, "\n%s: %s\n", l.Criterion, earned)
			var rows [][]string
			for _, r := range l.Rows {
				rows = append(rows, []string{r.Ref(), r.Label, r.Note, r.Outcome, r.Value.String()})
			}
			if len(rows) > 0 {
				table(w, "ROW | WHAT |  | OUTCOME | COUNTS", rows)
			}
		}
		for _, o := range e.Objections {
			fmt.Fprintf(w, "\nobjection %s to %s %s: %s\n", o.ID, o.Criterion, o.Ref, o.Text)
			if o.Answer != "" {
				fmt.Fprintf(w, "  answered, accepted %t: %s\n", o.Accepted, o.Answer)
			}
		}
		if anew != nil {
			fmt.Fprintf(w, "\ncomputed anew: %s\n", anew.Score)
		}
	})
	if err == nil && anew != nil && anew.Score != e.Result.Score {
		return fmt.Errorf("the records now give %s points, on record are %s", anew.Score, e.Score)
	}
	return err
}

// evaluated sends a change to an evaluation and says how it stands.
func (c *client) evaluated(ctx context.Context, id, what string, in any) error {
	var e api.Evaluation
	if err := c.call(ctx, "POST", "/evaluations/"+url.PathEscape(id)+"/"+what, in, &e); err != nil {
		return err
	}
	return c.print(e, func(w io.Writer) {
		fmt.Fprintf(w, "%s: %s, score %s, revision %d\n", e.Number, e.State, e.Score, e.Rev)
	})
}

type evaluationObjectCmd struct {
	ID        string `arg:"" help:"Id of the evaluation."`
	Criterion string `help:"Criterion: acknowledgement …" required:""`
	Row       string `help:"Row, as 'show' names it: duty/0197…; left out, the criterion as a whole."`
	Text      string `help:"Why." required:""`
}

// Help is the example.
func (evaluationObjectCmd) Help() string {
	return "Example:\n  fengsui evaluation object 0197… --criterion duties --row duty/0197… --text 'The upstream project was told the same day.'"
}

// Run objects.
func (a *evaluationObjectCmd) Run(ctx context.Context, c *client) error {
	return c.evaluated(ctx, a.ID, "objections", api.ContestedPoint{Criterion: a.Criterion, Ref: a.Row, Text: a.Text})
}

type evaluationDraftCmd struct {
	Year int `arg:"" help:"A year that is over."`
}

// Help is the example.
func (evaluationDraftCmd) Help() string { return "Example:\n  fengsui evaluation draft 2021" }

// Run drafts.
func (a *evaluationDraftCmd) Run(ctx context.Context, c *client) error {
	var o api.EvaluationRound
	if err := c.call(ctx, "POST", "/evaluations", api.NewRound{Year: a.Year}, &o); err != nil {
		return err
	}
	return c.print(o, func(w io.Writer) {
		fmt.Fprintf(w, "drafted by %s; objections until %s\n", o.Scheme, when(o.ObjectUntil))
	})
}

type evaluationAnswerCmd struct {
	ID        string `arg:"" help:"Id of the evaluation."`
	Objection string `help:"Id of the objection." required:""`
	Accept    bool   `help:"Accept it."`
	Outcome   string `help:"That an accepted row has instead; left out, the row no longer counts."`
	Text      string `help:"The answer." required:""`
}

// Help is the example.
func (evaluationAnswerCmd) Help() string {
	return "Example:\n  fengsui evaluation answer 0197… --objection 0197… --accept --outcome met --text 'The notice is on record.'"
}

// Run answers.
func (a *evaluationAnswerCmd) Run(ctx context.Context, c *client) error {
	return c.evaluated(ctx, a.ID, "answers", api.ContestAnswer{Objection: a.Objection, Accept: a.Accept, Outcome: a.Outcome, Text: a.Text})
}

type evaluationProposeCmd struct {
	ID      string `arg:"" help:"Id of the evaluation."`
	Rev     int    `help:"Revision that you have read." required:""`
	Level   int    `help:"1 to 3; 0 for none." required:""`
	Reasons string `help:"Needed where the level is not the one that the score gives."`
}

// Help is the example.
func (evaluationProposeCmd) Help() string {
	return "Example:\n  fengsui evaluation propose 0197… --rev 3 --level 2"
}

// Run proposes.
func (a *evaluationProposeCmd) Run(ctx context.Context, c *client) error {
	return c.evaluated(ctx, a.ID, "proposal", api.ProposedLevel{Rev: a.Rev, Level: a.Level, Reasons: a.Reasons})
}

type evaluationSignCmd struct {
	ID     string `arg:"" help:"Id of the evaluation."`
	Rev    int    `help:"Revision that you have read." required:""`
	Refuse bool   `help:"Let the proposed level fall instead."`
}

// Help is the example.
func (evaluationSignCmd) Help() string { return "Example:\n  fengsui evaluation sign 0197… --rev 4" }

// Run signs or refuses.
func (a *evaluationSignCmd) Run(ctx context.Context, c *client) error {
	if a.Refuse {
		return c.evaluated(ctx, a.ID, "refuse", nil)
	}
	return c.evaluated(ctx, a.ID, "sign", api.Seen{Rev: a.Rev})
}

type evaluationLintCmd struct {
	Path string `arg:"" help:"YAML file of a scheme."`
}

// Help is the example.
func (evaluationLintCmd) Help() string {
	return "Example:\n  fengsui evaluation lint partner-1.1.0.yaml"
}

// Run checks.
func (a *evaluationLintCmd) Run(_ context.Context, c *client) error {
	b, err := c.read(a.Path)
	if err != nil {
		return err
	}
	s, err := evaluation.Parse(a.Path, b)
	if err != nil {
		return err
	}
	return c.print(map[string]any{"ref": s.Ref(), "digest": s.Digest(), "criteria": len(s.Criteria), "tests": len(s.Tests)}, func(w io.Writer) {
		fmt.Fprintf(w, "%s: %d criteria, %d tests hold\n", s.Ref(), len(s.Criteria), len(s.Tests))
	})
}
