// SPDX-License-Identifier: Apache-2.0

// Package tap writes the results of tests in the Test Anything Protocol: the part of github.com/mndrix/tap-go's interface that the
// validation tests of runtime-tools call.
package tap

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
)

// T numbers the tests of one program and writes their results to Writer, by default the standard output.
type T struct {
	Writer io.Writer
	count  *int
	todo   bool
}

// New begins the tests of a program.
func New() *T {
	return &T{Writer: os.Stdout, count: new(int)}
}

func (t *T) print(format string, args ...interface{}) {
	fmt.Fprintf(t.Writer, format, args...)
}

// Header says which protocol it is and, unless it is 0, how many tests will follow.
func (t *T) Header(tests int) {
	t.print("TAP version 13\n")
	if tests > 0 {
		t.print("1..%d\n", tests)
	}
}

// AutoPlan says, at the end, how many tests there were.
func (t *T) AutoPlan() {
	t.print("1..%d\n", *t.count)
}

func (t *T) result(passed bool, description, directive string) {
	word := "ok"
	if !passed {
		word = "not ok"
	}
	*t.count++
	if t.todo {
		directive = " # TODO"
	}
	if description != "" {
		description = " - " + description
	}
	t.print("%s %d%s%s\n", word, *t.count, description, directive)
}

// Ok is the result of a test.
func (t *T) Ok(passed bool, description string) {
	t.result(passed, description, "")
}

// Pass is a test that passed.
func (t *T) Pass(description string) {
	t.Ok(true, description)
}

// Fail is a test that failed.
func (t *T) Fail(description string) {
	t.Ok(false, description)
}

// Skip leaves out count tests.
func (t *T) Skip(count int, description string) {
	for ; count > 0; count-- {
		t.result(true, "", " # SKIP "+description)
	}
}

// Todo is for results that are not expected to be good yet.
func (t *T) Todo() *T {
	todo := *t
	todo.todo = true
	return &todo
}

// Diagnostic is a remark, on as many lines as it has.
func (t *T) Diagnostic(message string) {
	for _, line := range strings.Split(strings.TrimSuffix(message, "\n"), "\n") {
		t.print("# %s\n", line)
	}
}

// Diagnosticf is a remark put together.
func (t *T) Diagnosticf(format string, args ...interface{}) {
	t.Diagnostic(fmt.Sprintf(format, args...))
}

// YAML shows a value below the last result; JSON is YAML, too.
func (t *T) YAML(value interface{}) error {
	text, err := json.MarshalIndent(value, "  ", "  ")
	if err != nil {
		return err
	}
	t.print("  ---\n  %s\n  ...\n", text)
	return nil
}
