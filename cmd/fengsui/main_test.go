// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/fengsui/fengsui/internal/db/dbtest"
)

func TestMain(m *testing.M) {
	testscript.Main(dbtest.M{M: m}, map[string]func(){"fengsui": main, "fengsui-driven": driven})
}

// TestScripts runs the command line as its users do, against a real server.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script", RequireExplicitExec: true, RequireUniqueNames: true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("FENGSUI_METRICS_LISTEN", "127.0.0.1:0")
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"server": server, "code": code, "field": field, "flip": flip, "api": call, "until": until},
	})
}

// server COMMAND…: starts fengsui COMMAND… on a free port, sets FENGSUI_URL, and interrupts it at the end, when it must
// end well.
func server(ts *testscript.TestScript, _ bool, args []string) {
	cmd := exec.Command("fengsui", append(args, "--listen", "127.0.0.1:0")...)
	cmd.Path, cmd.Err = lookPath(ts)
	cmd.Dir, cmd.Env = ts.Getenv("WORK"), environ(ts)
	var log bytes.Buffer
	cmd.Stderr = &log
	out, err := cmd.StdoutPipe()
	ts.Check(err)
	ts.Check(cmd.Start())
	r := bufio.NewReader(out)
	line, err := r.ReadString('\n')
	if err != nil {
		cmd.Wait() //nolint:errcheck // it has failed already
		ts.Fatalf("the server did not start: %v\n%s", err, log.String())
	}
	_, url, _ := strings.Cut(line, "http://")
	ts.Setenv("FENGSUI_URL", "http://"+strings.Fields(url)[0])
	ts.Defer(func() {
		ts.Check(cmd.Process.Signal(os.Interrupt))
		io.Copy(io.Discard, r) //nolint:errcheck // until the server closes it
		if err := cmd.Wait(); err != nil {
			ts.Fatalf("the server did not end well: %v\n%s", err, log.String())
		}
	})
}

func lookPath(ts *testscript.TestScript) (string, error) {
	for _, dir := range strings.Split(ts.Getenv("PATH"), string(os.PathListSeparator)) {
		path := dir + "/fengsui"
		if _, err := os.Stat(path); err == nil {
			return path, nil
		}
	}
	return "", errors.New("there is no fengsui in the path of the script")
}

func environ(ts *testscript.TestScript) (out []string) {
	for _, k := range []string{"PATH", "HOME", "TMPDIR", "FENGSUI_METRICS_LISTEN", "FENGSUI_URL", "FENGSUI_TOKEN"} {
		if v := ts.Getenv(k); v != "" {
			out = append(out, k+"="+v)
		}
	}
	return out
}

// code N ARG…: runs fengsui ARG… and checks its exit code; its output is for stdout and stderr.
func code(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec("fengsui", args[1:]...)
	got := 0
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		got = exit.ExitCode()
	case err != nil:
		ts.Fatalf("%v", err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// until PATTERN ARGUMENT…: runs fengsui until its output has the pattern, because others work beside it; for a minute at most.
func until(ts *testscript.TestScript, _ bool, args []string) {
	pattern, err := regexp.Compile("(?m)" + args[0])
	ts.Check(err)
	for end := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		err := ts.Exec("fengsui", args[1:]...)
		if err == nil && pattern.MatchString(ts.ReadFile("stdout")) {
			return
		}
		if time.Now().After(end) {
			ts.Fatalf("it did not say %q: %v", args[0], err)
		}
	}
}

// field NAME FILE PATH: sets NAME to the string at PATH ("items.0.id") of a JSON file.
func field(ts *testscript.TestScript, _ bool, args []string) {
	var x any
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[1])), &x))
	for _, k := range strings.Split(args[2], ".") {
		switch v := x.(type) {
		case map[string]any:
			x = v[k]
		case []any:
			i, err := strconv.Atoi(k)
			if err != nil || i >= len(v) {
				ts.Fatalf("%s has nothing at %s", args[1], args[2])
			}
			x = v[i]
		default:
			x = nil
		}
	}
	if x == nil {
		ts.Fatalf("%s has nothing at %s", args[1], args[2])
	}
	ts.Setenv(args[0], fmt.Sprint(x))
}

// flip FILE OLD NEW: replaces one byte, the last one of the first occurrence of OLD.
func flip(ts *testscript.TestScript, _ bool, args []string) {
	b := []byte(ts.ReadFile(args[0]))
	i := bytes.Index(b, []byte(args[1]))
	if i < 0 || len(args[2]) != 1 {
		ts.Fatalf("%s does not hold %q", args[0], args[1])
	}
	b[i+len(args[1])-1] = args[2][0]
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), b, 0o600))
}

// call METHOD PATH [BODY]: asks the API for what the command line has no command for, with FENGSUI_TOKEN.
func call(ts *testscript.TestScript, _ bool, args []string) {
	body := strings.NewReader(strings.Join(args[2:], " "))
	r, err := http.NewRequest(args[0], ts.Getenv("FENGSUI_URL")+"/api/v1"+args[1], body)
	ts.Check(err)
	if body.Len() > 0 {
		r.Header.Set("Content-Type", "application/json")
	}
	r.Header.Set("Authorization", "Bearer "+ts.Getenv("FENGSUI_TOKEN"))
	resp, err := http.DefaultClient.Do(r)
	ts.Check(err)
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	ts.Check(err)
	if resp.StatusCode >= 300 {
		ts.Fatalf("%s %s: %d %s", args[0], args[1], resp.StatusCode, b)
	}
}

// TestEveryCommandHasAnExample: help shows how.
func TestEveryCommandHasAnExample(t *testing.T) {
	parser, err := kong.New(&commands{}, kong.Name("fengsui"))
	if err != nil {
		t.Fatal(err)
	}
	for _, leaf := range parser.Model.Leaves(true) {
		if leaf.Help == "" || !strings.Contains(leaf.Detail, leaf.FullPath()) {
			t.Errorf("%s: help %q, example %q", leaf.FullPath(), leaf.Help, leaf.Detail)
		}
	}
}
