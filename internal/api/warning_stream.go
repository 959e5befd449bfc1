// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/warning"
)

// How the stream keeps time.
const (
	streamPoll  = 500 * time.Millisecond // how often a node asks whether something happened, once for all its readers
	streamBeat  = 15 * time.Second       // how often a silent stream says that it is alive
	streamRetry = 5 * time.Second        // when a reader that was cut off comes back
	streamsMax  = 2000                   // readers of one node
	streamWrite = 10 * time.Second       // a reader that takes longer to take what it is sent is cut off
)

// WarningNews is the data of an event on the stream. It is thin: read the warning itself for what it says.
type WarningNews struct {
	Event    string    `json:"event"` // id, the same on every stream
	At       time.Time `json:"at"`
	Warning  string    `json:"warning"` // id
	Number   string    `json:"number"`
	Revision int       `json:"revision"`
	Kind     string    `json:"kind"` // of the revision
	Level    string    `json:"level"`
	TLP      string    `json:"tlp"`
	Wave     int       `json:"wave,omitempty"`
	Matched  int       `json:"matched_products,omitempty"`
}

type streamInput struct {
	From    string `query:"from" maxLength:"20" doc:"cursor to go on behind: the id of an event; the header Last-Event-ID counts more; left out: from now on"`
	Last    string `header:"Last-Event-ID" maxLength:"20" doc:"as an EventSource sends it when it comes back"`
	NoWait  bool   `query:"no_wait" doc:"end when everything behind the cursor is told"`
	Auth    string `header:"Authorization" hidden:"true"`
	UserVia string `header:"User-Agent" hidden:"true"`
}

// stream tells a program what happens to its warnings as it happens (Server-Sent Events). Its first event says where it
// begins: a reader that is cut off before anything happened misses nothing either.
func (s *Server) stream(ctx context.Context, by member.Actor, in *streamInput) (*huma.StreamResponse, error) {
	cursor, given, err := in.cursor()
	if err != nil {
		return nil, err
	}
	if !given {
		if cursor, err = s.Warnings.Head(ctx); err != nil {
			return nil, err
		}
	}
	// whoever may not follow hears so before the stream begins
	if _, _, err := s.Warnings.Follow(ctx, by, cursor); err != nil && !errors.Is(err, warning.ErrReset) {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		leave, ok := s.tail.enter()
		if !ok {
			hc.SetHeader("Retry-After", "30")
			hc.SetStatus(http.StatusServiceUnavailable)
			return
		}
		defer leave()
		hc.SetHeader("Content-Type", "text/event-stream")
		hc.SetHeader("Cache-Control", "no-store")
		hc.SetHeader("X-Accel-Buffering", "no") // of proxies
		w := sender{Writer: hc.BodyWriter()}
		if rw, ok := hc.BodyWriter().(http.ResponseWriter); ok {
			w.control = http.NewResponseController(rw)
		}
		s.tell(hc.Context(), w, by, in, cursor)
		w.rest()
	}}, nil
}

func (in *streamInput) cursor() (at int64, given bool, err error) {
	text := in.Last
	if text == "" {
		text = in.From
	}
	if text == "" {
		return 0, false, nil
	}
	at, err = strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, false, fault.FieldError("from", "api.rule.cursor", "1024")
	}
	return at, true, nil
}

// tell sends until the reader leaves, its token ends, or the node stops.
func (s *Server) tell(ctx context.Context, w sender, by member.Actor, in *streamInput, cursor int64) {
	if w.send(fmt.Sprintf("retry: %d\nid: %d\nevent: ready\ndata: {}\n\n", streamRetry.Milliseconds(), cursor)) != nil {
		return
	}
	beat := time.NewTicker(streamBeat)
	defer beat.Stop()
	for {
		changed := s.tail.wait() // before reading, so that nothing falls between
		news, next, err := s.Warnings.Follow(ctx, by, cursor)
		switch {
		case errors.Is(err, warning.ErrReset):
			if w.send(fmt.Sprintf("id: %d\nevent: reset\ndata: {}\n\n", next)) != nil {
				return
			}
		case err != nil: // the reader comes back and hears why
			if ctx.Err() == nil {
				s.Log.WarnContext(ctx, "stream ended", "surface", "api", "kind", fault.KindOf(err))
			}
			return
		}
		for _, n := range news {
			if w.send(newsOf(n)) != nil {
				return
			}
		}
		more := next != cursor && len(news) > 0
		if cursor = next; more {
			continue
		}
		if in.NoWait {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-s.Ending:
			return
		case <-changed:
		case <-beat.C:
			if w.send(": alive\n\n") != nil {
				return
			}
		}
		if by, err = s.again(ctx, in); err != nil { // revoked, suspended, restricted: what holds now
			return
		}
	}
}

// again finds out anew for whom the stream's token speaks.
func (s *Server) again(ctx context.Context, in *streamInput) (member.Actor, error) {
	plain, ok := strings.CutPrefix(in.Auth, "Bearer ")
	if !ok {
		return member.Actor{}, fault.SignIn()
	}
	return s.Members.ResolveToken(ctx, strings.TrimSpace(plain), via(in.UserVia))
}

func newsOf(n warning.News) string {
	b, err := json.Marshal(WarningNews{Event: n.ID, At: n.At, Warning: n.Warning, Number: n.Number, Revision: n.Revision, Kind: string(n.Change), Level: string(n.Level), TLP: n.TLP, Wave: n.Wave, Matched: n.Products})
	if err != nil {
		panic(err) // strings, numbers and a time always marshal
	}
	return fmt.Sprintf("id: %d\nevent: %s\ndata: %s\n\n", n.Seq, n.Kind, b)
}

// A sender writes to one reader.
type sender struct {
	io.Writer
	control *http.ResponseController
}

func (w sender) send(text string) error {
	if w.control != nil {
		w.control.SetWriteDeadline(time.Now().Add(streamWrite)) //nolint:errcheck // where it cannot be set, TCP's own time-outs hold
	}
	if _, err := io.WriteString(w.Writer, text); err != nil {
		return err
	}
	if w.control != nil {
		return w.control.Flush()
	}
	return nil
}

// rest lets the connection be used again.
func (w sender) rest() {
	if w.control != nil {
		w.control.SetWriteDeadline(time.Time{}) //nolint:errcheck // as in send
	}
}

// A tail asks once for all readers of a node whether something happened, while there are any.
type tail struct {
	stirred func(ctx context.Context, after int64) (head int64, news bool, err error)

	mu      sync.Mutex
	readers int
	stop    context.CancelFunc
	changed chan struct{} // closed and replaced when something happened
}

func newTail(stirred func(context.Context, int64) (int64, bool, error)) *tail {
	return &tail{stirred: stirred, changed: make(chan struct{})}
}

// enter counts a reader in, and starts to ask for the first.
func (t *tail) enter() (leave func(), ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.readers >= streamsMax {
		return nil, false
	}
	if t.readers++; t.readers == 1 {
		ctx, cancel := context.WithCancel(context.Background())
		t.stop = cancel
		go t.run(ctx)
	}
	return sync.OnceFunc(func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		if t.readers--; t.readers == 0 {
			t.stop()
		}
	}), true
}

func (t *tail) wait() <-chan struct{} {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.changed
}

func (t *tail) run(ctx context.Context) {
	tick := time.NewTicker(streamPoll)
	defer tick.Stop()
	known := int64(-1)
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		head, news, err := t.stirred(ctx, known)
		if err != nil { // a database that does not answer now is asked again
			continue
		}
		if known = head; !news {
			continue
		}
		t.mu.Lock()
		close(t.changed)
		t.changed = make(chan struct{})
		t.mu.Unlock()
	}
}
